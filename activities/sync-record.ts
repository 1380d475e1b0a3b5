import type { Database } from '../db/connection/database.ts';
import { openSyncRun, type OpenedSyncRun } from '../db/syncs/sync-runs.ts';
import type { RecordFailureInput } from '../workflows/contract/activities.ts';
import { syncWorkflowId } from '../workflows/contract/names.ts';

/** Opens the record of a sync, or finds the one that is open; null if there is no such source. */
export async function openSyncRecord(
  database: Database,
  { sourceName, number, trigger, requestedBy, reason }: Omit<RecordFailureInput, 'outcome' | 'failure'>,
): Promise<OpenedSyncRun | null> {
  const workflowId = syncWorkflowId(sourceName, number);
  return await openSyncRun(database, { sourceName, number, workflowId, trigger, requestedBy, reason });
}
