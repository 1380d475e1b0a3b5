/** The entries that a sync added, changed, and removed, stored with its record. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Database, Transaction } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

/** Maximum number of stored changes per sync and kind. The sync's record counts all of them. */
const MAX_CHANGES = 1_000;

/** Also an output of the admin API. */
export const changeRow = z.object({
  kind: z.enum(['added', 'changed', 'removed']),
  name: z.string(),
  version: z.string(),
});
/** One entry that a sync changed. `added` includes entries that had disappeared from the source and have returned. */
export type SyncChange = z.infer<typeof changeRow>;

export interface ChangedSnapshot {
  readonly syncRunId: string;
  readonly sourceId: string;
}

/** Stores what applying the staged entries will add and change. Must run before they are applied. */
export async function recordStagedChanges(
  transaction: Transaction,
  { syncRunId, sourceId }: ChangedSnapshot,
): Promise<void> {
  const isServed = sql.fragment`exists (
    select from entry where entry.source_id = ${sourceId} and entry.name = staged.name
    and entry.version = staged.version and entry.vanished_at is null
  )`;
  await transaction.query(sql.type(nothing)`
    insert into sync_change (sync_run_id, kind, name, version)
    select ${syncRunId}::bigint, 'changed', name, version from (
      select name, version from snapshot_entry as staged where sync_run_id = ${syncRunId} and ${isServed}
      order by name, version limit ${MAX_CHANGES}
    ) as changed
    union all
    select ${syncRunId}::bigint, 'added', name, version from (
      select name, version from snapshot_entry as staged where sync_run_id = ${syncRunId} and not ${isServed}
      order by name, version limit ${MAX_CHANGES}
    ) as added`);
}

/** Stores the entries that the sync removed. */
export async function recordRemovals(
  transaction: Transaction,
  syncRunId: string,
  entryIds: readonly string[],
): Promise<void> {
  if (entryIds.length === 0) return;
  await transaction.query(sql.type(nothing)`
    insert into sync_change (sync_run_id, kind, name, version)
    select ${syncRunId}::bigint, 'removed', name, version from entry where id = any(${sql.array(entryIds, 'int8')})
    order by name, version limit ${MAX_CHANGES}`);
}

/** The stored changes of a sync, by name and version. `limit` and `offset` apply to each kind. */
export async function listChanges(
  database: Database,
  query: { readonly syncRunId: string; readonly limit: number; readonly offset: number },
): Promise<readonly SyncChange[]> {
  return await database.any(sql.type(changeRow)`
    select kind, name, version from (
      select kind, name, version, row_number() over (partition by kind order by name, version) as place
      from sync_change where sync_run_id = ${query.syncRunId}
    ) as change
    where place > ${query.offset} and place <= ${query.offset + query.limit}
    order by kind, name, version`);
}

const numberRow = z.object({ number: z.number() });

/**
 * The number of the last recorded sync that added or changed an entry. Null for published entries, and when the record
 * was purged or lists only the first changes of a large sync.
 */
export async function findLastSyncOf(
  database: Database,
  { sourceName, name, version }: { readonly sourceName: string; readonly name: string; readonly version: string },
): Promise<number | null> {
  const run = await database.maybeOne(sql.type(numberRow)`
    select sync_run.number from sync_run join source on source.id = sync_run.source_id
    where source.name = ${sourceName} and sync_run.outcome = 'changed' and exists (
      select from sync_change where sync_run_id = sync_run.id and kind in ('added', 'changed')
      and sync_change.name = ${name} and sync_change.version = ${version}
    )
    order by sync_run.number desc limit 1`);
  return run?.number ?? null;
}
