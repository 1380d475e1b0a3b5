/** Lines in the text format of `COPY … FROM STDIN`. */
import { withoutNul } from './stored-text.ts';

/** The value of a column: `text`, `boolean`, `text[]`, `bytea`, or another type as its text. */
export type CopyValue = string | boolean | null | readonly string[] | Uint8Array;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One row. NUL characters are removed, because Postgres can't store them. */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(copyColumn).join('\t')}\n`;
}

function copyColumn(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`;
  return escape(typeof value === 'string' ? value : arrayLiteral(value));
}

function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

function escape(text: string): string {
  return withoutNul(text).replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}
