import { sql } from 'slonik';
import { z } from 'zod';
import type { EntryFinding } from '../../registry/entry.ts';
import type { Database } from '../connection/database.ts';
import { count, nothing } from '../connection/schemas.ts';
import { isStorable } from '../connection/stored-text.ts';

/**
 * Notes which servers a snapshot has entries of that were rejected, so that applying it does not take them for gone: what
 * is served of them stays. A rejection without a version stands for all versions of its name.
 */
export async function stageRejections(
  database: Database,
  syncRunId: string,
  rejections: readonly Pick<EntryFinding, 'name' | 'version'>[],
): Promise<void> {
  const keys = rejections.flatMap(({ name, version }): [string, string | null][] =>
    name !== null && isStorable(name) && (version === null || isStorable(version)) ? [[name, version]] : [],
  );
  if (keys.length === 0) return;
  await database.pool.query(sql.type(nothing)`
    insert into snapshot_rejection (sync_run_id, name, version)
    select ${syncRunId}, * from ${sql.unnest(keys, ['text', 'text'])}`);
}

const progressRow = z.object({ chunks: count, entries: count, cursor: z.string().nullable() });

/** How far the staging of a sync is, for a fetch that goes on where another attempt stopped; null: nothing is staged. */
export async function stagedProgress(
  database: Database,
  syncRunId: string,
): Promise<{ readonly chunks: number; readonly entries: number; readonly cursor: string | null } | null> {
  const progress = await database.pool.one(sql.type(progressRow)`
    select count(*) as chunks, coalesce(sum(entries), 0) as entries, (array_agg(cursor order by number desc))[1] as cursor
    from snapshot_chunk where sync_run_id = ${syncRunId}`);
  return progress.chunks === 0 ? null : progress;
}

/** Drops what a sync has staged, so that its fetch can begin again. */
export async function discardSnapshot(database: Database, syncRunId: string): Promise<void> {
  await database.pool.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`delete from snapshot_chunk where sync_run_id = ${syncRunId}`);
    await transaction.query(sql.type(nothing)`delete from snapshot_rejection where sync_run_id = ${syncRunId}`);
    await transaction.query(sql.type(nothing)`delete from snapshot_entry where sync_run_id = ${syncRunId}`);
  });
}
