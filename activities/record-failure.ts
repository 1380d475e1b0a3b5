import type { Database } from '../db/connection.ts';
import { closeFailedSyncRun } from '../db/sync-runs.ts';
import type { RecordFailureInput } from '../workflows/contract.ts';
import { openSyncRecord } from './sync-record.ts';

/** Closes the record of a sync that did not get that far; opens it first, where the sync failed before it could. */
export async function recordFailure(database: Database, input: RecordFailureInput): Promise<void> {
  const { outcome, failure } = input;
  const run = await openSyncRecord(database, input);
  // The source was removed in the meantime, and its records with it.
  if (run === null) return;
  await closeFailedSyncRun(database, run.id, { outcome, ...failure });
}
