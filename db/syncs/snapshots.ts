import { sql } from 'slonik';
import { z } from 'zod';
import type { EntryFinding } from '../../registry/entry.ts';
import type { SkillKind } from '../../registry/entry-kind.ts';
import { isOfKind } from '../claims/visibility.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { count, nothing } from '../connection/schemas.ts';
import { isStorable } from '../connection/stored-text.ts';

const SNAPSHOT_TABLES = ['snapshot_chunk', 'snapshot_rejection', 'snapshot_entry', 'snapshot_file'];

/**
 * Records which servers of a snapshot had rejected entries, so that applying it doesn't remove their served entries. A
 * rejection without a version applies to all versions of its name.
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
  await database.query(sql.type(nothing)`
    insert into snapshot_rejection (sync_run_id, name, version)
    select ${syncRunId}, * from ${sql.unnest(keys, ['text', 'text'])}`);
}

const existsRow = z.object({ exists: z.boolean() });

/** Whether a source has skills or plugins that haven't vanished from it. */
export async function hasEntriesOf(database: Database, sourceName: string, kind: SkillKind): Promise<boolean> {
  return await database.oneFirst(sql.type(existsRow)`
    select exists (
      select from entry join source on source.id = entry.source_id
      where source.name = ${sourceName} and ${isOfKind(kind, sql.fragment`entry`)} and entry.vanished_at is null
    ) as exists`);
}

const progressRow = z.object({ chunks: count, entries: count, cursor: z.string().nullable() });

/** The progress of staging, for a fetch that continues where another attempt stopped. Null if nothing is staged. */
export async function stagedProgress(
  database: Database,
  syncRunId: string,
): Promise<{ readonly chunks: number; readonly entries: number; readonly cursor: string | null } | null> {
  const progress = await database.one(sql.type(progressRow)`
    select count(*) as chunks, coalesce(sum(entries), 0) as entries, (array_agg(cursor order by number desc))[1] as cursor
    from snapshot_chunk where sync_run_id = ${syncRunId}`);
  return progress.chunks === 0 ? null : progress;
}

/** Deletes the staged data of a sync. */
export async function deleteSnapshot(transaction: Transaction, syncRunId: string): Promise<void> {
  for (const table of SNAPSHOT_TABLES) {
    await transaction.query(sql.type(nothing)`
      delete from ${sql.identifier([table])} where sync_run_id = ${syncRunId}`);
  }
}

/** Deletes the staged data of a sync, so that its fetch can start again. */
export async function discardSnapshot(database: Database, syncRunId: string): Promise<void> {
  await database.transaction((transaction) => deleteSnapshot(transaction, syncRunId));
}

/** Deletes the staged data of ended syncs. */
export async function purgeSnapshots(database: Database): Promise<void> {
  for (const table of SNAPSHOT_TABLES) {
    await database.query(sql.type(nothing)`
      delete from ${sql.identifier([table])} as staged
      where not exists (select from sync_run where sync_run.id = staged.sync_run_id and sync_run.ended_at is null)`);
  }
}
