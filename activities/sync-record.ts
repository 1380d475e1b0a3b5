import type { Database } from '../db/connection.ts';
import { openSyncRun } from '../db/sync-runs.ts';
import { type SyncInput, syncWorkflowId } from '../workflows/contract.ts';

/** Opens the record of a sync, or finds the one that is open; null where there is no such source. */
export async function openSyncRecord(database: Database, input: SyncInput): Promise<string | null> {
  const { definition, number, trigger, requestedBy, reason, force } = input;
  return await openSyncRun(database, {
    sourceName: definition.name,
    number,
    workflowId: syncWorkflowId(definition.name, number),
    trigger,
    requestedBy,
    reason,
    forced: force,
  });
}
