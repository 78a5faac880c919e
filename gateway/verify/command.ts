// `fengsui verify --data DIR [--mine M]`: proves the event log of a data folder without the gateway: the numbers, the
// hash chain of each mine, alarms and cases as the fold of the events, and events.db against the journal as far as the
// journal still reaches back. Reads only; a running gateway does not notice. Prints the first break.
// Exit code 0: everything holds. 1: a break. 2: the call is wrong, or there is nothing to verify.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { canonicalEvent } from '#alarms/log/chain.ts';
import { EventLog } from '../adapters/sqlite/event-log.ts';
import { sha256Hex } from '../adapters/sqlite/events-store.ts';
import { eventsFile } from '../adapters/sqlite/queries.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { JournalReader } from '../journal/reader.ts';
import { ChainCheck, FoldCheck, messageOf, parseEvent, type Break } from './chain-check.ts';

export interface VerifyOutput {
  out(line: string): void;
  error(line: string): void;
}

const standard: VerifyOutput = {
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};

const usage = 'usage: fengsui verify --data DIR [--mine MINE]';

export async function verifyCommand(
  args: readonly string[],
  output: VerifyOutput = standard,
): Promise<number> {
  const call = parseCall(args);
  if (typeof call === 'string') {
    output.error(call);
    return 2;
  }
  const eventsPath = join(call.data, eventsFile);
  const journalFolder = join(call.data, 'journal');
  const hasEvents = existsSync(eventsPath);
  if (!hasEvents && !existsSync(journalFolder)) {
    output.error(
      `Nothing to verify in ${call.data}: neither ${eventsFile} nor journal. 目录中没有可校验的数据。`,
    );
    return 2;
  }
  try {
    return report(verifyFolder(hasEvents ? eventsPath : null, journalFolder, call.mine), call.mine, output);
  } catch (error) {
    output.error(`Cannot verify ${call.data}: ${messageOf(error)} 无法校验。`);
    return 2;
  }
}

export interface Verdict {
  readonly broken: Break | null;
  readonly events: number;
  readonly fromJournal: number;
  readonly heads: ReadonlyMap<string, string>;
}

/** `eventsPath` null: from the journal alone. */
export function verifyFolder(eventsPath: string | null, journalFolder: string, mine: string | null): Verdict {
  const check = new ChainCheck(sha256Hex, mine);
  const log = eventsPath === null ? null : new EventLog(eventsPath);
  const verdict = (broken: Break | null, fromJournal: number): Verdict => ({
    broken,
    events: check.lastSeq,
    fromJournal,
    heads: check.heads,
  });
  try {
    const inStore = log === null ? null : verifyStore(log, check, mine);
    if (inStore !== null) return verdict(inStore, 0);
    if (!existsSync(journalFolder)) return verdict(null, 0);
    const { broken, events } = verifyJournal(journalFolder, log, check);
    return verdict(broken, events);
  } finally {
    log?.close();
  }
}

function verifyStore(log: EventLog, check: ChainCheck, mine: string | null): Break | null {
  log.hold();
  const folded = new FoldCheck(log, log.keepArchivedMs());
  for (const row of log.rows()) {
    const parsed = parseEvent(row.seq, row.mine, row.json);
    if (!parsed.ok) return parsed.broken;
    const { event } = parsed;
    const isSame =
      event.seq === row.seq &&
      event.id === row.id &&
      event.mine === row.mine &&
      event.type === row.type &&
      event.at === row.at &&
      (event.alarm ?? null) === row.alarm &&
      (event.case ?? null) === row.case;
    if (!isSame) return { seq: row.seq, mine: row.mine, reason: 'the columns are not those of the event' };
    const broken = check.take(event);
    if (broken !== null) return broken;
    folded.take(event);
  }
  const atTheEnd = check.compareHeads(log.heads());
  if (atTheEnd !== null) return atTheEnd;
  const differing = folded.finish();
  return differing !== null && mine !== null && differing.mine !== mine ? null : differing;
}

/** Events that are in both must be equal; those that events.db does not have yet continue its chain. */
function verifyJournal(
  folder: string,
  log: EventLog | null,
  check: ChainCheck,
): { broken: Break | null; events: number } {
  const reader = new JournalReader(new NodeFiles(folder), 0);
  let events = 0;
  try {
    for (;;) {
      const read = reader.next();
      if (read.kind === 'end') return { broken: null, events };
      if (read.kind === 'gap') {
        if (read.reason === 'damaged') {
          const reason = `the journal is damaged from position ${read.from} to ${read.to}`;
          return { broken: { seq: check.lastSeq, mine: '', reason }, events };
        }
        reader.seek(read.to);
        continue;
      }
      for (const entry of read.batch.entries('events')) {
        if (entry.kind !== 'event') continue;
        events += 1;
        const { event } = entry;
        const stored = event.seq > check.lastSeq ? null : (log?.eventText(event.seq) ?? null);
        const isOther = stored !== null && stored !== canonicalEvent(event);
        const broken = isOther
          ? { seq: event.seq, mine: event.mine, reason: `${eventsFile} and the journal differ` }
          : event.seq > check.lastSeq
            ? check.take(event)
            : null;
        if (broken !== null) return { broken, events };
      }
    }
  } finally {
    reader.close();
  }
}

function report(verdict: Verdict, mine: string | null, output: VerifyOutput): number {
  const { broken, events, fromJournal, heads } = verdict;
  if (broken !== null) {
    const where = broken.mine === '' ? '' : ` mine ${broken.mine}`;
    output.out(`BROKEN 校验失败 event ${broken.seq}${where}: ${broken.reason}`);
    return 1;
  }
  for (const [name, head] of [...heads].sort(([a], [b]) => (a < b ? -1 : 1))) output.out(`${name} ${head}`);
  const scope = mine === null ? `${heads.size} mines` : `mine ${mine}`;
  output.out(
    `OK 校验通过 ${events} events, ${scope}, ${fromJournal} compared with or taken from the journal`,
  );
  return 0;
}

function parseCall(args: readonly string[]): { data: string; mine: string | null } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { data: { type: 'string' }, mine: { type: 'string' } },
      strict: true,
    });
    if (values.data === undefined || values.data === '') return usage;
    return { data: values.data, mine: values.mine ?? null };
  } catch (error) {
    return `${messageOf(error)}\n${usage}`;
  }
}
