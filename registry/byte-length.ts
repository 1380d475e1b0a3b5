/** Sizes of texts in UTF-8, also in browsers, which have no `Buffer`. */
const UTF_8 = new TextEncoder();
/** A UTF-16 code unit takes at most this many bytes. */
const MOST_BYTES_PER_UNIT = 3;

export function byteLength(text: string): number {
  return UTF_8.encode(text).length;
}

/** Whether a text has more bytes than this. Encodes only a text that is near the limit. */
export function isLongerThan(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * MOST_BYTES_PER_UNIT > maxBytes && byteLength(text) > maxBytes;
}
