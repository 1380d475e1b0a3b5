/** The record of a sync in Postgres: opened by its fetch, and closed here if the sync fails. */
import type { Database } from '../db/connection/database.ts';
import { closeFailedSyncRun, openSyncRun, type OpenedSyncRun } from '../db/syncs/sync-runs.ts';
import type { RecordFailureInput } from '../workflows/contract/activities.ts';
import { syncWorkflowId } from '../workflows/contract/names.ts';
import type { SyncKey, SyncListing, SyncOrigin } from '../workflows/contract/syncs.ts';
import { listSync } from './sync-listing.ts';

/** Opens the record of a sync, or finds the one that is open; null if there is no such source. */
export async function openSyncRecord(
  database: Database,
  { sourceName, number, trigger, requestedBy, reason }: SyncKey & SyncOrigin,
): Promise<OpenedSyncRun | null> {
  const workflowId = syncWorkflowId(sourceName, number);
  return await openSyncRun(database, { sourceName, number, workflowId, trigger, requestedBy, reason });
}

/**
 * Closes the record of a sync that wasn't applied. Opens it first if the sync failed before that.
 * @returns the first rejections; undefined if the source no longer exists
 */
export async function recordFailure(
  database: Database,
  input: RecordFailureInput,
): Promise<Pick<SyncListing, 'rejected'> | undefined> {
  const { outcome, failure } = input;
  const run = await openSyncRecord(database, input);
  // The source was removed in the meantime, together with its records.
  if (run === null) return undefined;
  await closeFailedSyncRun(database, run.id, { outcome, ...failure });
  const { rejected } = await listSync(database, run.id);
  return { rejected };
}
