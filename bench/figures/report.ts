/** The result table of a run, for the terminal and for results.md. */
import { cpus, totalmem } from 'node:os';
import { type Figure, rounded } from './figure.ts';
import type { Sample } from './sample.ts';

export interface Report {
  /** Time of the run (RFC 3339). */
  readonly date: string;
  readonly machine: string;
  readonly loadTool: string;
  readonly quick: boolean;
  readonly figures: readonly Figure[];
  /** Measures that failed. */
  readonly failures: readonly { readonly measure: string; readonly message: string }[];
}

export function describeMachine(): string {
  const [processor] = cpus();
  return `${cpus().length} × ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** A Markdown table with padded columns, so that it is readable in a terminal as well. */
export function formatTable(figures: readonly Figure[]): string {
  const header = ['', 'ours', 'baseline', 'result', 'goal', ''];
  const rows = figures.map((figure) => [
    figure.line,
    formatSample(figure.ours, figure.unit),
    figure.baseline === undefined ? '' : `${formatSample(figure.baseline, figure.unit)}: ${figure.baseline.what}`,
    figure.result,
    figure.goal?.text ?? '',
    figure.goal === undefined ? '' : figure.goal.met ? 'met' : 'MISSED',
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length), 1));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** `1230 requests/s (1100–1300)` */
function formatSample({ median, lowest, highest, runs }: Sample, unit: string): string {
  const spread = runs === 1 ? '' : ` (${rounded(lowest)}–${rounded(highest)})`;
  return `${rounded(median)} ${unit}${spread}`;
}
