// Bytes of an upload file as text: UTF-8 with or without a BOM, else GB18030. A file that is still being written may end
// in the middle of a character; that is no fault of its encoding. Never throws.

import type { UploadHeader } from '#gateway/formats/upload.ts';

export interface UploadText {
  readonly text: string;
  readonly encoding: UploadHeader['encoding'];
  readonly hasBom: boolean;
}

/** Null when it is neither. */
export function decodeText(bytes: Uint8Array): UploadText | null {
  const hasBom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const utf8 = decodeAs('utf-8', bytes);
  if (utf8 !== null) return { text: utf8, encoding: 'utf-8', hasBom };
  const gb18030 = decodeAs('gb18030', bytes);
  return gb18030 === null ? null : { text: gb18030, encoding: 'gb18030', hasBom: false };
}

function decodeAs(encoding: UploadHeader['encoding'], bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}
