/** Tables for people who read in a terminal. */

export type Cell = string | number | null | undefined;

const GAP = '  ';

/** Left-aligned columns, numbers to the right; an absent value is a dash. */
export function formatTable(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [heading.map((title) => title.toUpperCase()), ...rows.map((row) => row.map(cellText))];
  const widths = heading.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const isNumber = heading.map((_, column) => {
    const cells = rows.map((row) => row[column]).filter((cell) => cell !== null && cell !== undefined);
    return cells.length > 0 && cells.every((cell) => typeof cell === 'number');
  });
  return texts.map((row) => formatRow(row, widths, isNumber)).join('\n');
}

function formatRow(row: readonly string[], widths: readonly number[], isNumber: readonly boolean[]): string {
  const padded = row.map((text, column) => {
    const width = widths[column] ?? 0;
    return isNumber[column] === true ? text.padStart(width) : text.padEnd(width);
  });
  return padded.join(GAP).trimEnd();
}

/** One line each; a line break of an upstream's error message would break the table. */
function cellText(cell: Cell): string {
  return cell === null || cell === undefined ? '-' : String(cell).replaceAll(/\s+/g, ' ');
}
