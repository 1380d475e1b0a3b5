/** The sync status of a source in the terms of ToolHive's tools. */
import type { Database } from '../../db/connection.ts';
import type { CountedSource, SourceRow } from '../../db/sources.ts';
import { listSyncRuns } from '../../db/sync-runs.ts';
import type { SyncStatus } from './extension-schemas.ts';

export async function syncStatusOf(database: Database, source: CountedSource): Promise<SyncStatus> {
  const { lastRun } = source;
  const [failures, lastSuccess] = lastRun === null ? [0, undefined] : await sinceLastSuccess(database, source);
  return {
    phase: phaseOf(lastRun),
    ...(lastSuccess !== undefined && { lastSyncTime: lastSuccess }),
    ...(lastRun !== null && { lastAttempt: lastRun.startedAt }),
    attemptCount: failures,
    serverCount: source.entryCount,
    ...(typeof lastRun?.failureMessage === 'string' && { message: lastRun.failureMessage }),
  };
}

/** A source that never synced, because it is managed or new, counts as healthy. */
function phaseOf(lastRun: SourceRow['lastRun']): SyncStatus['phase'] {
  if (lastRun === null) return 'complete';
  if (lastRun.outcome === null) return 'syncing';
  return lastRun.outcome === 'failed' ? 'failed' : 'complete';
}

/** Maximum number of consecutive failures that are counted. */
const MAX_COUNTED_FAILURES = 100;

async function sinceLastSuccess(database: Database, source: SourceRow): Promise<[number, string | undefined]> {
  const succeeded = ({ outcome }: { outcome: string | null }): boolean =>
    outcome === 'changed' || outcome === 'unchanged';
  if (source.lastRun !== null && succeeded(source.lastRun)) return [0, source.lastRun.endedAt ?? undefined];
  const runs = await listSyncRuns(database, { sourceName: source.name, limit: MAX_COUNTED_FAILURES });
  const index = runs.findIndex(succeeded);
  const since = index === -1 ? runs : runs.slice(0, index);
  return [since.filter(({ outcome }) => outcome === 'failed').length, runs[index]?.endedAt ?? undefined];
}
