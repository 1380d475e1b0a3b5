/** One-line summary of a sync. */
import type { SyncRunRow } from '../../db/syncs/sync-runs.ts';

type SyncRun = Pick<
  SyncRunRow,
  'outcome' | 'added' | 'changed' | 'removed' | 'rejected' | 'failureType' | 'failureMessage'
>;

/** `changed: 3 added, 1 removed`, `failed: UpstreamUnavailable: …`. */
export function outcomeText(run: SyncRun | null): string {
  if (run === null) return 'never synced';
  if (run.outcome === null) return 'running';
  if (run.failureType !== null) return `${run.outcome}: ${run.failureType}: ${run.failureMessage ?? ''}`;
  const counts = [countText(run.added, 'added'), countText(run.changed, 'changed'), countText(run.removed, 'removed')];
  const all = [...counts, countText(run.rejected, 'rejected')].filter((text) => text !== '');
  return all.length === 0 ? run.outcome : `${run.outcome}: ${all.join(', ')}`;
}

function countText(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}`;
}
