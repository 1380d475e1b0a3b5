import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from '../connection/database.ts';

const syncReportRow = z.object({
  source: z.string(),
  kind: z.string(),
  number: z.number(),
  trigger: z.string(),
  requestedBy: z.string().nullable(),
  outcome: z.enum(['changed', 'unchanged', 'failed', 'cancelled']),
  durationMs: z.coerce.number(),
  entries: z.number(),
  added: z.number(),
  changed: z.number(),
  removed: z.number(),
  rejected: z.number(),
  warnings: z.number(),
  failureType: z.string().nullable(),
  failureMessage: z.string().nullable(),
});
/** What the log and the metrics say about a sync that has ended. */
export type SyncReport = z.infer<typeof syncReportRow>;

/** Null: the source is gone, or the sync hasn't ended. */
export async function findSyncReport(
  database: Database,
  key: { readonly sourceName: string; readonly number: number },
): Promise<SyncReport | null> {
  return await database.maybeOne(sql.type(syncReportRow)`
    select source.name as source, source.kind, number, trigger, requested_by as "requestedBy", outcome,
      extract(epoch from ended_at - started_at) * 1000 as "durationMs", entries, added, changed, removed, rejected,
      warnings, failure_type as "failureType", failure_message as "failureMessage"
    from sync_run join source on source.id = sync_run.source_id
    where source.name = ${key.sourceName} and number = ${key.number} and ended_at is not null`);
}
