/** The output of the campaign. */
import type { CaseResult } from './campaign.ts';

/** One line about one case. */
export function summary(name: string, result: CaseResult): string {
  const times = `reads ${seconds(result.readsMs)}, publishes ${seconds(result.publishesMs)}, syncs ${seconds(result.syncsMs)}`;
  return [`${name}: ${times}`, ...result.violations.map((violation) => `  VIOLATION ${violation}`)].join('\n');
}

/** For each kind of harm and process: how long reads, publishes, and syncs were unavailable, median and maximum. */
export function unavailabilityTable(results: readonly CaseResult[]): string {
  const groups = Map.groupBy(results, ({ harm, target }) => `${harm} ${target}`);
  const rows = [...groups].map(([group, cases]) => [
    group,
    String(cases.length),
    spread(cases.map(({ readsMs }) => readsMs)),
    spread(cases.map(({ publishesMs }) => publishesMs)),
    spread(cases.map(({ syncsMs }) => syncsMs)),
    String(cases.flatMap(({ violations }) => violations).length),
  ]);
  const head = ['', 'cases', 'reads', 'publishes', 'syncs', 'violations'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return ['Unavailable for, median and most:', '', ...lines, ''].join('\n');
}

function spread(milliseconds: readonly number[]): string {
  const sorted = milliseconds.filter(Number.isFinite).toSorted((a, b) => a - b);
  return `${seconds(sorted[Math.floor(sorted.length / 2)])}, ${seconds(sorted.at(-1))}`;
}

function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined || Number.isNaN(milliseconds) ? 'never' : `${(milliseconds / 1000).toFixed(1)} s`;
}
