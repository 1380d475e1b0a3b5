import { withoutNul } from './stored-text.ts';

/** What a column of a row in COPY's text format may be given as; an array is a `text[]`, a Buffer a `bytea`. */
export type CopyValue = string | Buffer | readonly string[] | null;

/** One row in the text format of `COPY … FROM STDIN`: columns between tabs, a line feed at the end. */
export function copyRow(values: readonly CopyValue[]): string {
  return `${values.map(copyColumn).join('\t')}\n`;
}

function copyColumn(value: CopyValue): string {
  if (value === null) return String.raw`\N`;
  if (typeof value === 'string') return escapeText(value);
  if (Buffer.isBuffer(value)) return escapeText(String.raw`\x${value.toString('hex')}`);
  return escapeText(arrayLiteral(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
};

/** The four characters that mean something in the format; NUL, which no column can hold, is left out. */
function escapeText(text: string): string {
  return /[\\\t\n\r\0]/.test(text)
    ? withoutNul(text).replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
    : text;
}

/** `{"a","b \"quoted\""}`: quoted, an element is never taken for NULL, a bracket or white space to trim. */
function arrayLiteral(elements: readonly string[]): string {
  const quoted = elements.map((element) => `"${element.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
  return `{${quoted.join(',')}}`;
}
