/** Prints one sync with the entries that it rejected or changed. */
import type { SyncChange } from '../../db/syncs/sync-changes.ts';
import type { SyncRunRow } from '../../db/syncs/sync-runs.ts';
import type { EntryFinding } from '../../registry/entry.ts';
import { outcomeText } from './sync-outcome.ts';
import { type Cell, formatTable } from './table.ts';

type DetailedRun = Pick<
  SyncRunRow,
  'number' | 'outcome' | 'failureType' | 'failureMessage' | 'added' | 'changed' | 'removed' | 'rejected' | 'warnings'
> & { readonly findings: readonly EntryFinding[]; readonly changes: readonly SyncChange[] };

/** The outcome, and at most `limit` rejections, warnings, and entries of each kind of change, with their totals. */
export function syncDetails(source: string, run: DetailedRun, limit: number): string {
  const findings = (severity: EntryFinding['severity']): Cell[][] =>
    run.findings
      .filter((finding) => finding.severity === severity)
      .map(({ location, name, version, reason }) => [location, name, version, reason]);
  const changes = (kind: SyncChange['kind']): Cell[][] =>
    run.changes.filter((change) => change.kind === kind).map(({ name, version }) => [name, version]);
  const about = ['location', 'name', 'version', 'reason'];
  const entry = ['name', 'version'];
  const sections = [
    section({ title: 'Rejected', total: run.rejected, heading: about, rows: findings('rejection') }, limit),
    section({ title: 'Warnings', total: run.warnings, heading: about, rows: findings('warning') }, limit),
    section({ title: 'Removed', total: run.removed, heading: entry, rows: changes('removed') }, limit),
    section({ title: 'Changed', total: run.changed, heading: entry, rows: changes('changed') }, limit),
    section({ title: 'Added', total: run.added, heading: entry, rows: changes('added') }, limit),
  ];
  return [`Sync ${run.number} of ${source}: ${outcomeText(run)}`, ...sections.flat()].join('\n\n');
}

interface Section {
  readonly title: string;
  readonly total: number;
  readonly heading: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Empty if there is nothing to list. */
function section({ title, total, heading, rows }: Section, limit: number): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, limit);
  // The record of a failed sync has findings, but no counts.
  const all = Math.max(total, rows.length);
  const count = shown.length < all ? `first ${shown.length} of ${all}` : String(all);
  return [`${title} (${count}):\n${formatTable(heading, shown)}`];
}
