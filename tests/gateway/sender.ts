// A sender over real MQTT that publishes any bytes on any topic and waits for the PUBACK.

import { connectAsync, type MqttClient } from 'mqtt';

export class Sender {
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('error', () => undefined); // a connection that is closed on us: the publish says so
  }

  static async connect(mqttPort: number, clientId: string): Promise<Sender> {
    const options = { protocolVersion: 4, clientId, clean: true, reconnectPeriod: 0 } as const;
    return new Sender(await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, options));
  }

  /** Resolves with the acknowledgement. */
  async send(
    topic: string,
    payload: unknown,
    options: { qos?: 0 | 1; retain?: boolean } = {},
  ): Promise<void> {
    const bytes = payload instanceof Uint8Array ? Buffer.from(payload) : textOf(payload);
    await this.client.publishAsync(topic, bytes, { qos: 1, ...options });
  }

  close(): void {
    this.client.end(true);
  }
}

function textOf(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}
