// The demo's replay process: node simulators/main.ts --url mqtt://127.0.0.1:1883 --site seeds/demo [--state FILE]
// [--speed N] [--start-episode N]. Publishes the plan of replay.ts second by second with stamps of now; recorded rows
// as source `replay`, simulated ones as `replay-sim`. Ends within a second on SIGTERM, SIGINT or when stdin closes,
// and the next start with the same state file goes on where it was.

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readRecording } from './recording.ts';
import { replayPlan, secondBefore } from './replay.ts';
import { FramePublisher } from './publish.ts';
import { Replayer } from './replayer.ts';
import { readReplayState, writeReplayState } from './replay-state.ts';
import { readSimulatedSite } from './site.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
    site: { type: 'string' },
    state: { type: 'string' },
    speed: { type: 'string', default: '1' },
    'start-episode': { type: 'string' },
  },
});
const folder = values.site;
const speed = Number(values.speed);
if (folder === undefined || !existsSync(folder) || !(speed >= 1 && speed <= 1_000)) {
  process.stderr.write(
    'usage: simulators/main.ts --site DIR [--url URL] [--state FILE] [--speed 1…1000] [--start-episode N]\n',
  );
  process.exit(2);
}

const site = readSimulatedSite(folder);
const recording = readRecording(folder);
const plan = replayPlan(recording);
const saved = values.state === undefined ? null : readReplayState(values.state, plan.lengthS);
const start =
  values['start-episode'] === undefined
    ? (saved?.second ?? 0)
    : secondBefore(plan, Number(values['start-episode']));

const publisher = new FramePublisher({
  url: values.url,
  clientId: `replay-${site.mine}`,
  onConnection: (state, reason) =>
    process.stderr.write(
      `${state === 'connected' ? '回放已连接' : '回放连接中断'} (replay ${state})${reason === '' ? '' : `: ${reason}`}\n`,
    ),
});
const replayer = new Replayer({
  plan,
  recording,
  site,
  speed,
  start: { pass: saved?.pass ?? 0, second: start, sequences: saved?.sequences ?? {} },
  send: (frame) => publisher.publish(frame),
  ...(values.state === undefined ? {} : { save: writerOf(values.state) }),
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, finish);
process.stdin.on('end', finish);
process.stdin.on('error', finish);
process.stdin.resume();
await replayer.run();
finish();

function finish(): void {
  replayer.stop();
  publisher.close();
  process.exit(0);
}

function writerOf(file: string) {
  return (state: Parameters<typeof writeReplayState>[1]) => writeReplayState(file, state);
}
