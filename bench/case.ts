// What a bench case says, and when its goal holds. CPU times are compared as the reference machine would have needed
// them (value × reference ÷ calibration); latencies, rates and sizes are taken as they are.

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly better: 'lower' | 'higher';
  /** Null: a figure to watch, without a goal. */
  readonly goal: number | null;
  /** The value is CPU time. */
  readonly isCpu?: boolean;
}

export interface BenchCase {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly better: 'lower' | 'higher';
  readonly goal: number | null;
  readonly holds: boolean;
}

export interface BenchReport {
  readonly machine: string;
  readonly commit: string;
  /** One-minute load average before the first case. */
  readonly load: number;
  readonly calibrationNs: number;
  readonly cases: readonly BenchCase[];
}

export function judge(measured: Measured, calibrationNs: number, referenceNs: number): BenchCase {
  const { name, unit, better, goal, isCpu } = measured;
  const value = rounded(measured.value);
  const compared = isCpu === true ? measured.value * (referenceNs / calibrationNs) : measured.value;
  const holds = goal === null || (better === 'lower' ? compared <= goal : compared >= goal);
  return { name, unit, value, better, goal, holds };
}

export function reportTable(report: BenchReport): string {
  const rows = report.cases.map(({ name, value, unit, better, goal, holds }) => [
    name,
    String(value),
    unit,
    goal === null ? '' : `${better === 'lower' ? '≤' : '≥'} ${goal}`,
    goal === null ? '' : holds ? 'holds' : 'MISSED',
  ]);
  const all = [['case', 'value', 'unit', 'goal', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const { machine, commit, load, calibrationNs } = report;
  return [
    `${machine}\ncommit ${commit}, load ${load}, calibration ${calibrationNs} ns`,
    '',
    ...lines,
    '',
  ].join('\n');
}

/** Three figures say all that such a measurement knows; whole numbers stay whole. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN;
}
