import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { ENTRY_KINDS, kindOfName, type SkillKind } from '../../registry/entry-kind.ts';
import { definitionDigest } from '../../registry/definition-digest.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import type { Database, Transaction } from '../connection/database.ts';
import {
  lockRegistriesOf,
  lockSource,
  raiseRevisions,
  refreshLatest,
  refreshOwners,
  withRankedLatest,
} from '../entries/ownership.ts';
import { assertRemovalIsMeant } from './removal-guard.ts';
import { syncCounts } from './sync-runs.ts';
import { count, id, nothing, timestamp } from '../connection/schemas.ts';
import { takeStagedClaims } from '../claims/server-claims.ts';
import { takeStagedFiles } from '../contents/entry-files.ts';
import { deleteSnapshot } from './snapshots.ts';
import { recordRemovals, recordStagedChanges } from './sync-changes.ts';

export interface SnapshotToApply {
  readonly syncRunId: string;
  readonly sourceName: string;
  /** Digest of the fetched definition (registry/definition-digest.ts). */
  readonly definitionDigest: string;
  /** Number of staged chunks. */
  readonly chunks: number;
  /** A partial snapshot doesn't imply the removal of entries that it lacks. */
  readonly coverage: 'complete' | 'partial';
  /** Kinds of entries that the upstream doesn't list. They are only removed with `force`. Default: none. */
  readonly absentKinds?: readonly SkillKind[];
  /** Override the removal guard. */
  readonly force: boolean;
  readonly maxRemoval: number;
  /** Whether the source is authoritative, so that the removal guard doesn't apply. Default false. */
  readonly authoritative?: boolean;
  /** Whether single entries say who can see them. Default: the claims of the source apply. */
  readonly hasEntryClaims?: boolean;
  /** Whether the filter of the source excludes an existing entry. */
  readonly filterExcludes: (name: string, tags: readonly string[]) => boolean;
  /** State for the next check to compare with; any JSON. */
  readonly fetchState: unknown;
  /** The registry document's members other than entries, as JSON text. */
  readonly envelope: string | null;
  /** The commit of the snapshot (Git sources). */
  readonly commitId: string | null;
  readonly upstreamRevision: string | null;
  readonly rejected: number;
  readonly warnings: number;
}

export interface AppliedSnapshot {
  readonly outcome: 'changed' | 'unchanged';
  readonly counts: z.infer<typeof syncCounts>;
}

/** Status message of an entry that is no longer in its source. */
export const VANISHED_MESSAGE = 'no longer in its source';

/** The first sync of a large source is one long transaction. */
const APPLY_TIMEOUT_MS = 15 * 60_000;
const APPLY_WORK_MEMORY = '64MB';

/**
 * Makes a staged snapshot visible and closes the record of its sync, in one transaction. Readers see all of it or
 * nothing, and never wait. A snapshot without changes writes no entries and keeps the revisions.
 *
 * Applying the same snapshot again returns the same result, because the first response may have been lost.
 *
 * @throws RollcallError `SnapshotLost` (also if the definition has changed since the fetch), `SyncRefused`,
 *   `AllEntriesRejected`, `EmptySnapshot`, `RemovalGuard`, or `SourceNotFound`. Nothing has changed then.
 */
export async function applySnapshot(database: Database, snapshot: SnapshotToApply): Promise<AppliedSnapshot> {
  const apply = async (transaction: Transaction): Promise<AppliedSnapshot> => {
    await transaction.command(`set local work_mem = '${APPLY_WORK_MEMORY}'`);
    const source = await lockedSource(transaction, snapshot.sourceName);
    const earlier = await earlierResult(transaction, source, snapshot);
    if (earlier !== null) return earlier;
    if (definitionDigest(source.definition) !== snapshot.definitionDigest) {
      throw new RollcallError('SnapshotLost', `The definition of ${snapshot.sourceName} changed while it was fetched.`);
    }
    return await applyToSource(transaction, source, snapshot);
  };
  return await database.transaction(apply, { statementTimeoutMs: APPLY_TIMEOUT_MS });
}

const lockedSourceRow = z.object({
  id,
  kind: z.string(),
  definition: z.custom<SourceDefinition>(),
  envelope: z.string().nullable(),
  at: timestamp,
});
/** `at` is the timestamp of all changes by this apply. It is read under the lock, so it never goes backwards. */
type LockedSource = z.infer<typeof lockedSourceRow>;

async function lockedSource(transaction: Transaction, name: string): Promise<LockedSource> {
  const sourceId = await lockSource(transaction, sql.fragment`name = ${name}`);
  if (sourceId === null) throw new RollcallError('SourceNotFound', `The source "${name}" doesn't exist.`);
  return await transaction.one(sql.type(lockedSourceRow)`
    select id, kind, definition, envelope, clock_timestamp() as at from source where id = ${sourceId}`);
}

const syncRunRow = syncCounts.extend({
  outcome: z.enum(['changed', 'unchanged', 'failed', 'cancelled']).nullable(),
});

async function earlierResult(
  transaction: Transaction,
  source: LockedSource,
  { sourceName, syncRunId }: SnapshotToApply,
): Promise<AppliedSnapshot | null> {
  const row = await transaction.maybeOne(sql.type(syncRunRow)`
    select outcome, entries, added, changed, removed, rejected, warnings
    from sync_run where id = ${syncRunId} and source_id = ${source.id}`);
  if (row === null || row.outcome === 'failed' || row.outcome === 'cancelled') {
    throw new RollcallError('SyncRefused', `The sync ${syncRunId} isn't one of ${sourceName} that can be applied.`);
  }
  const { outcome, ...counts } = row;
  return outcome === null ? null : { outcome, counts };
}

async function applyToSource(
  transaction: Transaction,
  source: LockedSource,
  snapshot: SnapshotToApply,
): Promise<AppliedSnapshot> {
  const staged = await stagedCounts(transaction, snapshot);
  const allRejected = snapshot.coverage === 'complete' && staged.entries === 0 && snapshot.rejected > 0;
  if (allRejected && snapshot.authoritative !== true) {
    throw new RollcallError('AllEntriesRejected', `All ${snapshot.rejected} entries of the snapshot were rejected.`);
  }
  const names = await stagedNames(transaction, source, snapshot);
  const vanished =
    snapshot.coverage === 'complete' ? await removeVanished(transaction, source, { snapshot, staged }) : [];
  const removed = vanished.length;
  const { added, changed } = staged.written === 0 ? NOTHING_WRITTEN : await writeStaged(transaction, source, snapshot);
  if (snapshot.hasEntryClaims === true && staged.written > 0) {
    await takeStagedClaims(transaction, { sourceId: source.id, syncRunId: snapshot.syncRunId });
  }
  if (staged.written > 0) await takeStagedFiles(transaction, { sourceId: source.id, syncRunId: snapshot.syncRunId });

  const entriesChanged = added + changed + removed > 0;
  const envelopeChanged = snapshot.envelope !== source.envelope;
  const changedNames = [...new Set([...names, ...vanished].map(({ name }) => name))];
  const registryIds = entriesChanged || envelopeChanged ? await lockRegistriesOf(transaction, source.id) : [];
  if (entriesChanged) {
    await refreshLatest(
      transaction,
      source.id,
      [...names.filter(({ isKnown }) => isKnown), ...vanished].map(({ name }) => name),
    );
    await refreshOwners(transaction, registryIds, { sourceId: source.id, names: changedNames, at: source.at });
  }
  await raiseRevisions(transaction, registryIds, changedNames);
  await rememberFetch(transaction, source.id, snapshot);
  if (isMuch(added + changed + removed, staged.entries)) {
    await transaction.query(sql.type(nothing)`select refresh_statistics()`);
  }

  const result: AppliedSnapshot = {
    outcome: entriesChanged || envelopeChanged ? 'changed' : 'unchanged',
    counts: {
      entries: staged.entries,
      added,
      changed,
      removed,
      rejected: snapshot.rejected,
      warnings: snapshot.warnings,
    },
  };
  await closeSyncRun(transaction, snapshot, result);
  return result;
}

/** Below this number, the statistics stay accurate enough until autovacuum updates them. */
const MUCH_ENTRIES = 1_000;
const MUCH_SHARE = 0.1;

function isMuch(written: number, entries: number): boolean {
  return written >= MUCH_ENTRIES && written >= MUCH_SHARE * entries;
}

const NOTHING_WRITTEN = { added: 0, changed: 0 };

const stagedCountsRow = z.object({ chunks: count, entries: count, staged: count, seen: count, written: count });
type StagedCounts = z.infer<typeof stagedCountsRow>;

/** Snapshot tables are unlogged, so they are empty after a database crash. This function detects that. */
async function stagedCounts(transaction: Transaction, snapshot: SnapshotToApply): Promise<StagedCounts> {
  const counts = await transaction.one(sql.type(stagedCountsRow)`
    select count(*) as chunks, coalesce(sum(entries), 0) as entries, coalesce(sum(staged), 0) as staged,
      coalesce(sum(cardinality(seen)), 0) as seen,
      (select count(*) from snapshot_entry where sync_run_id = ${snapshot.syncRunId}) as written
    from snapshot_chunk where sync_run_id = ${snapshot.syncRunId}`);
  if (counts.chunks !== snapshot.chunks || counts.written !== counts.staged) {
    throw new RollcallError(
      'SnapshotLost',
      `Only ${counts.chunks} of ${snapshot.chunks} staged chunks are left: the database has lost the snapshot.`,
    );
  }
  return counts;
}

const stagedNameRow = z.object({ name: z.string(), isKnown: z.boolean() });
/** The name of a staged entry, and whether the source already has entries with this name. */
type StagedName = z.infer<typeof stagedNameRow>;

async function stagedNames(
  transaction: Transaction,
  source: LockedSource,
  { syncRunId }: SnapshotToApply,
): Promise<readonly StagedName[]> {
  return await transaction.any(sql.type(stagedNameRow)`
    select name, exists (select from entry where source_id = ${source.id} and entry.name = staged.name) as "isKnown"
    from (select distinct name from snapshot_entry where sync_run_id = ${syncRunId}) as staged`);
}

const liveRow = z.object({ kind: z.enum(ENTRY_KINDS), live: count });
const vanishingRow = z.object({ id, name: z.string(), tags: z.array(z.string()) });
type VanishingEntry = z.infer<typeof vanishingRow>;

/** Entries that were rejected in this snapshot are still in the source, so their existing versions stay unchanged. */
function wasRejected({ syncRunId }: SnapshotToApply): FragmentSqlToken {
  return sql.fragment`exists (
    select from snapshot_rejection as rejected where rejected.sync_run_id = ${syncRunId}
    and rejected.name = entry.name and (rejected.version is null or rejected.version = entry.version)
  )`;
}

function isListed({ absentKinds = [], force }: SnapshotToApply): FragmentSqlToken {
  return force ? sql.fragment`true` : sql.fragment`entry.kind <> all(${sql.array([...absentKinds], 'text')})`;
}

async function removeVanished(
  transaction: Transaction,
  source: LockedSource,
  { snapshot, staged }: { readonly snapshot: SnapshotToApply; readonly staged: StagedCounts },
): Promise<readonly VanishingEntry[]> {
  const live = await transaction.any(sql.type(liveRow)`
    select kind, count(*) as live from entry where source_id = ${source.id} and vanished_at is null group by kind`);
  if (live.reduce((sum, ofKind) => sum + ofKind.live, 0) === staged.seen) return [];
  const vanishing = await transaction.any(sql.type(vanishingRow)`
    select id, name, tags from entry where source_id = ${source.id} and vanished_at is null and not exists (
      select from snapshot_chunk, unnest(snapshot_chunk.seen) as seen (id)
      where snapshot_chunk.sync_run_id = ${snapshot.syncRunId} and seen.id = entry.id
    ) and not ${snapshot.authoritative === true ? sql.fragment`false` : wasRejected(snapshot)}
    and ${isListed(snapshot)}`);
  if (!snapshot.force && snapshot.authoritative !== true) {
    const { maxRemoval, filterExcludes } = snapshot;
    // A kind is guarded by itself: losing all skills may be a small share of all entries.
    for (const ofKind of live) {
      const removed = vanishing.filter(({ name }) => kindOfName(name) === ofKind.kind);
      assertRemovalIsMeant({ ...ofKind, vanishing: removed, entries: staged.entries, maxRemoval, filterExcludes });
    }
  }
  const ids = vanishing.map((entry) => entry.id);
  await recordRemovals(transaction, snapshot.syncRunId, ids);
  await buryEntries(transaction, ids, source.at);
  return vanishing;
}

/** Turns entries into tombstones. Entries that the source already marked as deleted only get a `vanished_at`. */
async function buryEntries(transaction: Transaction, ids: readonly string[], at: string): Promise<void> {
  await transaction.query(sql.type(nothing)`
    update entry set status = 'deleted', status_message = ${VANISHED_MESSAGE}, status_changed_at = ${at},
      updated_at = ${at}, changed_at = ${at}, vanished_at = ${at}
    where id = any(${sql.array(ids, 'int8')}) and status <> 'deleted'`);
  await transaction.query(sql.type(nothing)`
    update entry set vanished_at = ${at} where id = any(${sql.array(ids, 'int8')}) and vanished_at is null`);
}

const revivedRow = z.object({ revived: count });

/**
 * Updates changed entries, restores returned ones, and inserts new ones. Keeps dates that the source doesn't provide.
 */
async function writeStaged(
  transaction: Transaction,
  source: LockedSource,
  snapshot: SnapshotToApply,
): Promise<{ readonly added: number; readonly changed: number }> {
  const revived = await transaction.oneFirst(sql.type(revivedRow)`
    select count(*) as revived from snapshot_entry as staged join entry on ${isStagedFor(source)}
    where staged.sync_run_id = ${snapshot.syncRunId} and entry.vanished_at is not null`);
  await removeOldMarks(transaction, source, snapshot);
  await recordStagedChanges(transaction, { syncRunId: snapshot.syncRunId, sourceId: source.id });
  const updated = await updateFromStaged(transaction, source, snapshot);
  const inserted = await insertFromStaged(transaction, source, snapshot);
  return { added: inserted + revived, changed: updated - revived };
}

/**
 * Removes the latest mark from other versions of a name when the upstream marks a new one: incremental pages only
 * contain the newly marked version. Without a digest, the version that loses its mark counts as changed when the
 * upstream lists it again.
 */
async function removeOldMarks(
  transaction: Transaction,
  source: LockedSource,
  { syncRunId }: SnapshotToApply,
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

function isStagedFor(source: LockedSource): FragmentSqlToken {
  return sql.fragment`
    entry.source_id = ${source.id} and entry.name = staged.name and entry.version = staged.version`;
}

async function updateFromStaged(
  transaction: Transaction,
  source: LockedSource,
  { syncRunId, commitId }: SnapshotToApply,
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
  source: LockedSource,
  { syncRunId, commitId }: SnapshotToApply,
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

async function rememberFetch(transaction: Transaction, sourceId: string, snapshot: SnapshotToApply): Promise<void> {
  const fetchState = JSON.stringify(snapshot.fetchState ?? null);
  await transaction.query(sql.type(nothing)`
    update source set fetch_state = ${fetchState}::jsonb, envelope = ${snapshot.envelope}
    where id = ${sourceId}
    and (fetch_state is distinct from ${fetchState}::jsonb or envelope is distinct from ${snapshot.envelope})`);
}

async function closeSyncRun(
  transaction: Transaction,
  snapshot: SnapshotToApply,
  { outcome, counts }: AppliedSnapshot,
): Promise<void> {
  const { syncRunId } = snapshot;
  await deleteSnapshot(transaction, syncRunId);
  await transaction.query(sql.type(nothing)`
    update sync_run set ended_at = clock_timestamp(), outcome = ${outcome},
      upstream_revision = ${snapshot.upstreamRevision}, entries = ${counts.entries}, added = ${counts.added},
      changed = ${counts.changed}, removed = ${counts.removed}, rejected = ${counts.rejected},
      warnings = ${counts.warnings}, failure_type = null, failure_message = null, fetched = null
    where id = ${syncRunId}`);
}
