// npm run bench: what a reading costs, how late an alarm is, how long a recovery takes. A table, or with --json one object.
// --only NAME one measurement (as in suite.ts), --small a quick look that everything runs, --write-reference keeps this
// machine's calibration as the reference. Exit code 1 when a goal is missed.

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { calibrate, readReference, writeReference } from './calibration.ts';
import { judge, reportTable, type BenchReport, type Measured } from './case.ts';
import { commitOf, machineLine } from './machine.ts';
import { measurements, smallPlan, wholePlan } from './suite.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    'write-reference': { type: 'boolean', default: false },
  },
});
const unknown = args.only.filter((name) => !measurements.some((measurement) => measurement.name === name));
if (unknown.length > 0) {
  const names = measurements.map(({ name }) => name).join(' ');
  process.stderr.write(`No measurement ${unknown.join(', ')}; there are: ${names}\n`);
  process.exit(2);
}

const load = Number(loadavg()[0]!.toFixed(2));
const calibrationNs = args.small ? calibrate(1) : calibrate();
if (args['write-reference']) writeReference({ machine: machineLine(), calibrationNs });
const reference = readReference();
const measured: Measured[] = [];
for (const { name, run } of measurements) {
  if (args.only.length > 0 && !args.only.includes(name)) continue;
  const note = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
  measured.push(...(await run(args.small ? smallPlan : wholePlan, note)));
}
const report: BenchReport = {
  machine: machineLine(),
  commit: commitOf(),
  load,
  calibrationNs,
  cases: measured.map((one) => judge(one, calibrationNs, reference.calibrationNs)),
};
process.stdout.write(args.json ? `${JSON.stringify(report, null, 2)}\n` : reportTable(report));
process.exitCode = args.small || report.cases.every(({ holds }) => holds) ? 0 : 1;
