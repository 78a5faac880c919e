// Gives one input of the contract to a store as the history lane would.

import { assertNever } from '#alarms/kernel/result.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';
import type { HistoryStorePort } from '../../../projector/store-port.ts';
import type { ContractInput } from './facade.ts';

type Taker = Pick<
  HistoryStorePort,
  'addFrame' | 'configure' | 'sourceSeen' | 'addQuarantined' | 'addReport' | 'addLost'
>;

export function giveInput(store: Taker, input: ContractInput): void {
  switch (input.kind) {
    case 'frame':
      store.addFrame(frameOf(input));
      break;
    case 'configure':
      store.configure(input.points);
      break;
    case 'sourceSeen':
      store.sourceSeen(input.source, input.name);
      break;
    case 'quarantined':
      store.addQuarantined(input.source, input.received, input.readings);
      break;
    case 'report':
      store.addReport(input.source, input.received, input.report);
      break;
    case 'lost':
      store.addLost(input.from, input.to, input.at);
      break;
    default:
      assertNever(input, 'input');
  }
}

const outcomes = { accepted: 0, duplicate: 1, late: 2 } as const;

export function frameOf(input: Extract<ContractInput, { kind: 'frame' }>): ReadingsFrame {
  const { readings, source, received } = input;
  return {
    received,
    source,
    sequence: -1,
    base: 0,
    shift: 0,
    count: readings.length,
    slots: Uint32Array.from(readings, ({ slot }) => slot),
    times: Float64Array.from(readings, ({ t }) => t),
    values: Float64Array.from(readings, ({ v }) => v ?? Number.NaN),
    status: Uint16Array.from(readings, ({ s }) => s),
    outcomes: Uint8Array.from(readings, ({ outcome }) => outcomes[outcome]),
  };
}
