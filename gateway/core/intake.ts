// Opens the one MQTT intake that the settings ask for: the embedded broker, or a client of an outside one.

import { MqttBroker } from '../adapters/mqtt-broker/broker.ts';
import type { BrokerCounter, BrokerEvents } from '../adapters/mqtt-broker/counters.ts';
import { MqttIntakeClient } from '../adapters/mqtt-client/client.ts';
import type { ClientCounter } from '../adapters/mqtt-client/options.ts';
import type { Intake, IntakeHandler } from '../ports.ts';
import type { CoreOptions } from './options.ts';

/** What either intake counts and tells. */
export interface IntakeEvents extends Omit<BrokerEvents, 'count'> {
  count(counter: BrokerCounter | ClientCounter, connection: string, detail: string): void;
}

export interface OpenedIntake {
  readonly intake: Intake;
  /** 0 for an outside broker. */
  readonly port: number;
}

export async function openIntake(
  options: CoreOptions['intake'],
  handler: IntakeHandler,
  events: IntakeEvents,
): Promise<OpenedIntake> {
  if (options.kind === 'embedded') {
    const broker = new MqttBroker({ port: options.port, host: options.host, events }, handler);
    return { intake: broker, port: await broker.start() };
  }
  const { url, clientId, username, password } = options;
  const client = new MqttIntakeClient(
    {
      url,
      clientId,
      events: { count: (counter, detail) => events.count(counter, clientId, detail) },
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
    },
    handler,
  );
  return { intake: client, port: 0 };
}
