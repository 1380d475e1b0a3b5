/** Plain-text tables for the terminal. */
import type { Fault } from '../../registry/server-json/check.ts';
import { printable } from './printable.ts';

export type Cell = string | number | null | undefined;

const GAP = '  ';
const ELLIPSIS = '…';
/** Columns aren't made narrower than this, or than their titles. */
const LEAST_WIDTH = 8;
/** Half of a character outside the basic plane, or part of an escape such as `\u202e`, at the end of a text. */
const PARTIAL_CHARACTER = /(?:[\uD800-\uDBFF]|\\(?:u[0-9a-f]{0,3})?)$/;

interface TableOptions {
  /** Titles of columns whose texts are shortened where the table would be too wide. */
  readonly shortened?: readonly string[];
  /** The most characters of a row. Default: those of the terminal; no limit if it has no size, or for a file or a pipe. */
  readonly width?: number;
}

/** Formats a table with left-aligned columns, right-aligned numbers, and a dash for absent values. */
export function formatTable(
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  { shortened = [], width = process.stdout.columns || Infinity }: TableOptions = {},
): string {
  const texts = [heading.map((title) => title.toUpperCase()), ...rows.map((row) => row.map(cellText))];
  const widths = heading.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const tooMany = widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - width;
  takeFromWidest(widths, { from: shortened.map((title) => heading.indexOf(title)), tooMany, heading });
  const isNumber = heading.map((_, column) => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined);
    return cells.length > 0 && cells.every((cell) => typeof cell === 'number');
  });
  return texts.map((row) => formatRow(row, widths, isNumber)).join('\n');
}

/** Makes the widest of some columns narrower, until the table fits or they can't be any narrower. */
function takeFromWidest(
  widths: number[],
  { from, tooMany, heading }: { from: readonly number[]; tooMany: number; heading: readonly string[] },
): void {
  const excess = (column: number): number => widths[column]! - Math.max(LEAST_WIDTH, heading[column]!.length);
  for (let taken = 0; taken < tooMany; taken += 1) {
    const [widest] = from.filter((column) => excess(column) > 0).sort((one, other) => widths[other]! - widths[one]!);
    if (widest === undefined) return;
    widths[widest]! -= 1;
  }
}

function formatRow(row: readonly string[], widths: readonly number[], isNumber: readonly boolean[]): string {
  const padded = row.map((whole, column) => {
    const width = widths[column] ?? 0;
    const text = whole.length > width ? shorten(whole, width) : whole;
    return isNumber[column] === true ? text.padStart(width) : text.padEnd(width);
  });
  return padded.join(GAP).trimEnd();
}

function shorten(whole: string, width: number): string {
  return (
    whole
      .slice(0, width - 1)
      .replace(PARTIAL_CHARACTER, '')
      .trimEnd() + ELLIPSIS
  );
}

/** Folds white space: a line break in an upstream's error message would break the table. So would escaping it later. */
function cellText(cell: Cell): string {
  return cell === null || cell === undefined ? '-' : printable(String(cell).replaceAll(/\s+/g, ' '));
}

/** Formats a heading with one `name value` line per detail, and a dash for absent values. */
export function formatDetails(heading: string, details: Readonly<Record<string, Cell>>): string {
  const [, ...lines] = formatTable(['', ''], Object.entries(details)).split('\n');
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Lists the faults of a document: `team.json has 2 faults:` and one line per fault. */
export function faultsText(what: string, faults: readonly Fault[]): string {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const rows = faults.map(({ path, message }) => [path === '' ? '(the document)' : path, message]);
  return `${what} has ${count}:\n${formatTable(['where', 'what'], rows)}`;
}
