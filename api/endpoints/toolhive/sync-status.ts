/** The sync status of sources in the terms of ToolHive's tools. */
import type { Database } from '../../../db/connection/database.ts';
import type { CountedSource, SourceRow } from '../../../db/configuration/sources.ts';
import { type FailureStreak, listFailureStreaks } from '../../../db/syncs/sync-runs.ts';
import type { SyncStatus } from './extension-schemas.ts';

export type ListedSource = Pick<CountedSource, 'id' | 'lastRun' | 'entryCounts'>;

/** Returns the sync status of each source, with one query for all of them. */
export async function syncStatusesOf(
  database: Database,
  sources: readonly ListedSource[],
): Promise<readonly SyncStatus[]> {
  const streaks = await listFailureStreaks(
    database,
    sources.map(({ id }) => id),
  );
  return sources.map((source) => syncStatus(source, streaks.get(source.id)));
}

function syncStatus({ lastRun, entryCounts }: ListedSource, streak: FailureStreak | undefined): SyncStatus {
  return {
    phase: phaseOf(lastRun),
    ...(typeof streak?.lastSuccessAt === 'string' && { lastSyncTime: streak.lastSuccessAt }),
    ...(lastRun !== null && { lastAttempt: lastRun.startedAt }),
    attemptCount: streak?.failures ?? 0,
    serverCount: entryCounts.server,
    ...(typeof lastRun?.failureMessage === 'string' && { message: lastRun.failureMessage }),
  };
}

/** A source that never synced, because it is managed or new, counts as healthy. */
function phaseOf(lastRun: SourceRow['lastRun']): SyncStatus['phase'] {
  if (lastRun === null) return 'complete';
  if (lastRun.outcome === null) return 'syncing';
  return lastRun.outcome === 'failed' ? 'failed' : 'complete';
}
