import { type Cell, formatTable } from './table.ts';

/** One thing and what there is to say about it, a line each; what is absent is a dash. */
export function formatDetails(heading: string, details: Readonly<Record<string, Cell>>): string {
  const [, ...lines] = formatTable(['', ''], Object.entries(details)).split('\n');
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n');
}
