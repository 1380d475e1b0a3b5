/** Recognizes documents that aren't text in UTF-8, and says what to do about it. */

/** The number of first bytes by which an encoding is recognized. */
export const RECOGNIZED_BYTES = 64;

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/** The first bytes of compressed documents. */
const COMPRESSED: readonly (readonly [name: string, start: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Whether a document begins as an HTML page does. Many servers answer with one, and 200, to ask for a login. */
export function isHtmlPage(start: Uint8Array): boolean {
  const text = Buffer.from(start.subarray(0, RECOGNIZED_BYTES)).toString('latin1');
  return /^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text);
}

export const HTML_INSTEAD = 'an HTML page (a login page?): check the address, and whether it needs credentials';

/**
 * The reason why a document can't be read as UTF-8, according to its first bytes, and the remedy; null if it may be
 * UTF-8.
 */
export function whyNotUtf8(start: Uint8Array): string | null {
  if (isHtmlPage(start)) return `got ${HTML_INSTEAD}`;
  const unicode = otherUnicodeEncoding(start);
  if (unicode !== null) return `the document is ${unicode}: save it as UTF-8`;
  for (const [name, bytes] of COMPRESSED) {
    if (bytes.every((byte, index) => start[index] === byte)) {
      return `the document is compressed with ${name}: provide it uncompressed`;
    }
  }
  if (Buffer.from(start).toString('latin1').startsWith(LFS_POINTER)) {
    return 'the document is a Git LFS pointer: commit the file itself, without LFS, or read it from a URL that serves its content';
  }
  return null;
}

/**
 * UTF-16 and UTF-32 by their byte order mark or, because a document begins with an ASCII character, by the place of the
 * zero bytes next to it (RFC 4627, section 3).
 */
function otherUnicodeEncoding(start: Uint8Array): string | null {
  const hex = Buffer.from(start.subarray(0, 4)).toString('hex');
  if (/^(fffe0000|0000feff|000000(?!00)..|(?!00)..000000)$/.test(hex)) return 'UTF-32';
  return /^(fffe|feff|00(?!00)..|(?!00)..00)/.test(hex) ? 'UTF-16' : null;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes UTF-8, without a byte order mark. For other bytes, returns the first line that isn't UTF-8, starting at 1.
 */
export function decodeUtf8(bytes: Uint8Array): { readonly text: string } | { readonly invalidLine: number } {
  try {
    return { text: UTF_8.decode(bytes) };
  } catch {
    return { invalidLine: invalidLineOf(bytes) };
  }
}

function invalidLineOf(bytes: Uint8Array): number {
  let from = 0;
  for (let line = 1; ; line += 1) {
    const newline = bytes.indexOf(0x0a, from);
    const end = newline === -1 ? bytes.length : newline + 1;
    try {
      UTF_8.decode(bytes.subarray(from, end));
    } catch {
      return line;
    }
    if (end === bytes.length) return line;
    from = end;
  }
}
