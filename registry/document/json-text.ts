/**
 * Works with texts of JSON documents and keeps how they are written. Serializing a parsed value doesn't restore its text:
 * integer-like keys change their order, and numbers change their spelling.
 */
import { JsonElements } from './json-elements.ts';

const STRING_OR_WHITE_SPACE = /("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+/gs;

/**
 * Removes insignificant white space from a JSON text and keeps the spelling of all tokens. The text must be valid:
 * in invalid JSON, white space that separates two tokens would be lost.
 */
export function compactJson(json: string | Uint8Array): string {
  const text = typeof json === 'string' ? json : textOf(json);
  return text.replaceAll(STRING_OR_WHITE_SPACE, '$1');
}

/**
 * The compact texts of the members of an object, which must be valid JSON, in their order. The last of duplicate members
 * counts, as in `JSON.parse`.
 */
export function memberTexts(object: string | Uint8Array): Map<string, string> {
  const members = new JsonElements({
    select: (path) => (path.length === 0 ? 'enter' : 'take'),
    maxBytes: () => Infinity,
  });
  const found = members.push(typeof object === 'string' ? Buffer.from(object) : object);
  return new Map(
    found.map(({ path, bytes, compact }) => [String(path[0]), compact ? textOf(bytes) : compactJson(bytes)]),
  );
}

/** The text of an object with members of these texts. */
export function objectText(members: Iterable<readonly [name: string, text: string]>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
