import type { Database } from '../db/connection/database.ts';
import { closeFailedSyncRun } from '../db/syncs/sync-runs.ts';
import type { RecordFailureInput } from '../workflows/contract/activities.ts';
import type { SyncListing } from '../workflows/contract/syncs.ts';
import { listSync } from './sync-listing.ts';
import { openSyncRecord } from './sync-record.ts';

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
