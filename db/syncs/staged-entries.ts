/** Writes the new and changed entries of a snapshot. */
import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { takeStagedClaims } from '../claims/server-claims.ts';
import type { Transaction } from '../connection/database.ts';
import { count, nothing } from '../connection/schemas.ts';
import { takeStagedFiles } from '../contents/entry-files.ts';
import { withRankedLatest } from '../entries/ownership.ts';
import { recordStagedChanges } from './sync-changes.ts';

interface StagedSnapshot {
  readonly syncRunId: string;
  readonly commitId: string | null;
  readonly hasEntryClaims?: boolean;
}

/** The (locked) source, and the time for all rows that change. */
interface WrittenSource {
  readonly id: string;
  readonly at: string;
}

const revivedRow = z.object({ revived: count });

/**
 * Updates changed entries, restores returned ones, and inserts new ones, with their claims and files. Keeps dates that
 * the source doesn't provide.
 */
export async function writeStaged(
  transaction: Transaction,
  source: WrittenSource,
  snapshot: StagedSnapshot,
): Promise<{ readonly added: number; readonly changed: number }> {
  const revived = await transaction.oneFirst(sql.type(revivedRow)`
    select count(*) as revived from snapshot_entry as staged join entry on ${isStagedFor(source)}
    where staged.sync_run_id = ${snapshot.syncRunId} and entry.vanished_at is not null`);
  await removeOldMarks(transaction, source, snapshot);
  const key = { syncRunId: snapshot.syncRunId, sourceId: source.id };
  await recordStagedChanges(transaction, key);
  const updated = await updateFromStaged(transaction, source, snapshot);
  const inserted = await insertFromStaged(transaction, source, snapshot);
  if (snapshot.hasEntryClaims === true) await takeStagedClaims(transaction, key);
  await takeStagedFiles(transaction, key);
  return { added: inserted + revived, changed: updated - revived };
}

/**
 * Removes the latest mark from other versions of a name when the upstream marks a new one: incremental pages only
 * contain the newly marked version. Without a digest, the version that loses its mark counts as changed when the
 * upstream lists it again.
 */
async function removeOldMarks(
  transaction: Transaction,
  source: WrittenSource,
  { syncRunId }: StagedSnapshot,
): Promise<void> {
  await transaction.query(sql.type(nothing)`
    update entry set upstream_latest = false, digest = ''
    where source_id = ${source.id} and upstream_latest
    and name in (select name from snapshot_entry where sync_run_id = ${syncRunId} and upstream_latest)
    and not exists (
      select from snapshot_entry as staged where staged.sync_run_id = ${syncRunId} and ${isStagedFor(source)}
    )
    and not exists (
      select from snapshot_chunk, unnest(snapshot_chunk.seen) as seen (id)
      where snapshot_chunk.sync_run_id = ${syncRunId} and seen.id = entry.id
    )`);
}

function isStagedFor(source: WrittenSource): FragmentSqlToken {
  return sql.fragment`
    entry.source_id = ${source.id} and entry.name = staged.name and entry.version = staged.version`;
}

async function updateFromStaged(
  transaction: Transaction,
  source: WrittenSource,
  { syncRunId, commitId }: StagedSnapshot,
): Promise<number> {
  const { at } = source;
  const { rowCount } = await transaction.query(sql.type(nothing)`
    update entry set version_order = staged.version_order, document = staged.document, digest = staged.digest,
      title = staged.title, description = staged.description, tags = staged.tags, search_text = staged.search_text,
      status = staged.status, status_message = staged.status_message,
      status_changed_at = coalesce(
        staged.status_changed_at, case when entry.status = staged.status then entry.status_changed_at end, ${at}),
      published_at = coalesce(staged.published_at, entry.published_at),
      updated_at = coalesce(staged.updated_at, ${at}), changed_at = ${at}, vanished_at = null, commit_id = ${commitId},
      upstream_latest = staged.upstream_latest
    from snapshot_entry as staged where staged.sync_run_id = ${syncRunId} and ${isStagedFor(source)}`);
  return rowCount;
}

/**
 * Sets the correct `is_latest` for new names, so that a first sync needn't process its rows again. `refreshLatest`
 * corrects the others. Inserting in the order of names stores entries together that are read together.
 */
async function insertFromStaged(
  transaction: Transaction,
  source: WrittenSource,
  { syncRunId, commitId }: StagedSnapshot,
): Promise<number> {
  const { id: sourceId, at } = source;
  const { rowCount } = await transaction.query(sql.type(nothing)`
    insert into entry (source_id, name, version, version_order, document, digest, title, description, tags, search_text,
      status, status_message, status_changed_at, published_at, updated_at, changed_at, upstream_latest, is_latest,
      commit_id)
    select ${sourceId}, name, version, version_order, document, digest, title, description, tags, search_text, status,
      status_message, coalesce(status_changed_at, ${at}), coalesce(published_at, ${at}), coalesce(updated_at, ${at}), ${at},
      upstream_latest, ranked_latest, ${commitId}
    from ${withRankedLatest(sql.fragment`(
      select * from snapshot_entry as staged
      where sync_run_id = ${syncRunId} and not exists (select from entry where ${isStagedFor(source)})
    ) as staged`)} as ranked`);
  return rowCount;
}
