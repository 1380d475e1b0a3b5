import type { Database } from '../db/connection.ts';
import { closeFailedSyncRun, openSyncRun } from '../db/sync-runs.ts';
import { type RecordFailureInput, syncWorkflowId } from '../workflows/contract.ts';

/** Closes the record of a sync that did not get that far; opens it first, where the sync failed before it could. */
export async function recordFailure(database: Database, input: RecordFailureInput): Promise<void> {
  const { definition, number, trigger, requestedBy, reason, force, outcome, failure } = input;
  const syncRunId = await openSyncRun(database, {
    sourceName: definition.name,
    number,
    workflowId: syncWorkflowId(definition.name, number),
    trigger,
    requestedBy,
    reason,
    forced: force,
  });
  // The source was removed meanwhile, and its records with it.
  if (syncRunId === null) return;
  await closeFailedSyncRun(database, syncRunId, { outcome, ...failure });
}
