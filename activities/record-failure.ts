import type { Database } from '../db/connection/database.ts';
import { closeFailedSyncRun } from '../db/syncs/sync-runs.ts';
import type { RecordFailureInput, SyncListing } from '../workflows/contract.ts';
import { listSync } from './sync-listing.ts';
import { openSyncRecord } from './sync-record.ts';

/**
 * Closes the record of a sync that was not applied; opens it first if the sync failed before it could.
 *
 * @returns the first rejections; undefined if the source no longer exists
 */
export async function recordFailure(
  database: Database,
  input: RecordFailureInput,
): Promise<Pick<SyncListing, 'rejected'> | undefined> {
  const { outcome, failure } = input;
  const run = await openSyncRecord(database, input);
  // The source was removed in the meantime, and its records with it.
  if (run === null) return undefined;
  await closeFailedSyncRun(database, run.id, { outcome, ...failure });
  const { rejected } = await listSync(database, run.id);
  return { rejected };
}
