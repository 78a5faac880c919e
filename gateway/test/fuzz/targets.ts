// What can be fuzzed: a corpus of valid inputs, words worth splicing in, and how to feed one input. A target answers
// with the refusal codes it gave; anything it throws is a finding.

import { decodeUpload } from '#gateway/formats/mtt1201/decode.ts';
import { exampleFiles } from '#gateway/formats/mtt1201/examples.ts';

export interface FuzzTarget {
  readonly corpus: readonly Uint8Array[];
  readonly tokens: readonly string[];
  /** `choice`: a number to choose by whatever the bytes do not say. */
  readonly run: (bytes: Uint8Array, choice: number) => readonly string[];
}

function mtt1201(): FuzzTarget {
  const files = exampleFiles();
  const fileName = '150622004499_X_20260318140000.txt';
  return {
    corpus: files.map(({ bytes }) => bytes),
    tokens: [
      ';',
      '~',
      '||',
      '^',
      ']]]',
      '；',
      '\r\n',
      '\uFEFF',
      '-9999',
      'xxxx-xx-xx xx:xx:xx',
      '1e309',
      '◇',
      '&',
      '<',
    ],
    run: (bytes, choice) => {
      const kind = files[choice % files.length]?.kind.kind ?? '';
      const result = decodeUpload(bytes, { kind, fileName, receivedAt: 1_773_813_605_000 });
      return result.ok ? result.upload.refused.map(({ reason }) => reason) : [result.reason];
    },
  };
}

/** Made only when asked for. */
export const targets: Readonly<Record<string, () => FuzzTarget>> = {
  mtt1201,
};
