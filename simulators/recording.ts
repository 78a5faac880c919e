// The recording of a site folder as a timeline: episodes of rows, one row per second that was recorded. A second that
// is absent in the source is absent here. The source's clock names no zone and is read as UTC (its PROVENANCE.md).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface RecordedRow {
  /** Source time, ms. */
  readonly time: number;
  /** In the order of `Recording.points`; null = the source has no number. */
  readonly values: readonly (number | null)[];
}

export interface Episode {
  readonly number: number;
  readonly rows: readonly RecordedRow[];
}

export interface Recording {
  readonly points: readonly string[];
  readonly episodes: readonly Episode[];
}

/** A day of 1 s rows, unpacked; the demo's has 122 kB. */
const bytesMax = 64 * 1024 * 1024;

export function readRecording(siteFolder: string): Recording {
  const packed = readFileSync(join(siteFolder, 'recording', 'episodes-1s.csv.gz'));
  return parseRecording(gunzipSync(packed, { maxOutputLength: bytesMax }).toString('utf8'));
}

/** CSV `episode,datetime,<point>…`. Throws with the line number on anything else. */
export function parseRecording(text: string): Recording {
  const [header = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const [first, second, ...points] = header.trim().split(',');
  if (first !== 'episode' || second !== 'datetime') throw new Error('line 1: expected episode,datetime,…');
  const episodes = new Map<number, RecordedRow[]>();
  for (const [index, line] of lines.entries()) {
    const { episode, row } = parseRow(line.trim(), points.length, index + 2);
    const rows = episodes.get(episode) ?? [];
    if (row.time <= (rows.at(-1)?.time ?? 0)) throw new Error(`line ${index + 2}: time does not rise`);
    rows.push(row);
    episodes.set(episode, rows);
  }
  return { points, episodes: [...episodes].map(([number, rows]) => ({ number, rows })) };
}

export function lastTime(recording: Recording, episodes?: readonly number[]): number {
  const times = chosenEpisodes(recording, episodes).map((episode) => episode.rows.at(-1)?.time ?? 0);
  return Math.max(...times);
}

export function chosenEpisodes(recording: Recording, numbers?: readonly number[]): readonly Episode[] {
  if (numbers === undefined) return recording.episodes;
  return numbers.map((number) => {
    const episode = recording.episodes.find((one) => one.number === number);
    if (episode === undefined) throw new Error(`the recording has no episode ${number}`);
    return episode;
  });
}

/** The recording as lines of a back-test CSV (`time,point,value,status`), header first, stamps shifted. */
export function* recordingCsv(
  recording: Recording,
  options: { readonly shiftMs?: number; readonly episodes?: readonly number[] } = {},
): Generator<string> {
  yield 'time,point,value,status';
  for (const episode of chosenEpisodes(recording, options.episodes)) {
    for (const row of episode.rows) {
      const time = new Date(row.time + (options.shiftMs ?? 0)).toISOString();
      for (const [index, point] of recording.points.entries())
        yield `${time},${point},${row.values[index] ?? ''},0`;
    }
  }
}

function parseRow(line: string, points: number, number: number): { episode: number; row: RecordedRow } {
  const [episodeText, timeText, ...cells] = line.split(',');
  const episode = Number(episodeText);
  const time = Date.parse(`${timeText?.replace(' ', 'T')}Z`);
  if (!Number.isInteger(episode) || !Number.isFinite(time))
    throw new Error(`line ${number}: bad episode or time`);
  if (cells.length !== points) throw new Error(`line ${number}: ${cells.length} values, expected ${points}`);
  const values = cells.map((cell) => (cell === '' ? null : Number(cell)));
  if (values.some((value) => Number.isNaN(value))) throw new Error(`line ${number}: a value is not a number`);
  return { episode, row: { time, values } };
}
