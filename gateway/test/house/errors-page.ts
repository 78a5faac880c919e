// docs/errors.md as the registries of codes give it. Written with UPDATE_DOCS=1, else compared by house.test.ts.

import { refusals } from '#alarms/workflow/refusals.ts';
import { apiRefusals } from '#gateway/protocol/api-refusals.ts';
import { intakeRefusals } from '#gateway/protocol/refusals.ts';

export function errorsPage(): string {
  const api = Object.entries(apiRefusals).map(([code, { status, zh, en }]) =>
    row(code, String(status), zh, en),
  );
  const commands = Object.entries(refusals).map(([code, { status, zh, en }]) =>
    row(code, String(status), zh, en),
  );
  const intake = Object.entries(intakeRefusals).map(([code, { zh, en }]) => row(code, zh, en));
  return `# Errors

Every code, from the registries in the code (a test holds this page to them). A retired code is never used again.

## Intake

Refused input is acknowledged, counted by these reasons, and sampled into the quarantine that the links screen shows. One bad
reading refuses itself, not its frame. Over HTTP a message that is refused whole is answered 422 with its code.

| code | 中文 | English |
| --- | --- | --- |
${intake.join('\n')}

## Commands

The answer is \`{code, zh, en, missing[]}\`; a refusal changes nothing.

| code | status | 中文 | English |
| --- | --- | --- | --- |
${commands.join('\n')}

## HTTP API

| code | status | 中文 | English |
| --- | --- | --- | --- |
${api.join('\n')}

## Exit codes of the command line

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | something was found wrong, or a thread has failed (start again: the journal recovers) |
| 2 | the call or the settings are wrong: one clear sentence says what (port taken, folder not writable, second instance …) |
`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells[0] === undefined ? '' : `\`${cells[0]}\``} | ${cells.slice(1).join(' | ')} |`;
}
