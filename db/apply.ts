import { sql } from 'slonik';
import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { definitionDigest } from '../registry/definition-digest.ts';
import { RollcallError } from '../registry/failure.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import type { Database, Transaction } from './connection.ts';
import { lockRegistriesOf, raiseRevisions, refreshLatest, refreshOwners, withRankedLatest } from './ownership.ts';
import { assertRemovalIsMeant } from './removal-guard.ts';
import { count, id, nothing, timestamp } from './schemas.ts';
import { takeStagedClaims } from './server-claims.ts';
import { recordRemovals, recordStagedChanges } from './sync-changes.ts';

export interface SnapshotToApply {
  readonly syncRunId: string;
  readonly sourceName: string;
  /** Of the definition that was fetched (registry/definition-digest.ts). */
  readonly definitionDigest: string;
  /** How many chunks were staged. */
  readonly chunks: number;
  /** A partial snapshot says nothing about the entries that it does not hold. */
  readonly coverage: 'complete' | 'partial';
  /** Apply although the removal guard objects. */
  readonly force: boolean;
  readonly maxRemoval: number;
  /** Whether the source is the last word on what there is: then no removal is too large. Default false. */
  readonly authoritative?: boolean;
  /** Whether single entries say who can see them. Default: the claims of the source apply. */
  readonly hasEntryClaims?: boolean;
  /** Whether the filter of the source excludes an entry that it has from before. */
  readonly filterExcludes: (name: string, tags: readonly string[]) => boolean;
  /** What the next check compares with; any JSON. */
  readonly fetchState: unknown;
  /** The registry document's members beside its entries, as JSON text. */
  readonly envelope: string | null;
  /** The commit that the snapshot is of (git sources). */
  readonly commitId: string | null;
  readonly upstreamRevision: string | null;
  readonly rejected: number;
  readonly warnings: number;
}

export interface AppliedSnapshot {
  readonly outcome: 'changed' | 'unchanged';
  readonly counts: {
    readonly entries: number;
    readonly added: number;
    readonly changed: number;
    readonly removed: number;
    readonly rejected: number;
    readonly warnings: number;
  };
}

/** The status message of an entry that is no longer in its source. */
export const VANISHED_MESSAGE = 'no longer in its source';

/** A first sync of a large source is one transaction: it may take longer than anything else. */
const APPLY_TIMEOUT = '15min';
const APPLY_WORK_MEMORY = '64MB';

/**
 * Makes a staged snapshot visible in one transaction and closes its sync's record: readers see all of it or nothing,
 * and never wait. A source whose snapshot holds nothing new has no row of its entries written and keeps the revisions.
 *
 * A snapshot that was applied before (the answer got lost) answers the same again. Fails with `SnapshotLost` (also if
 * the definition has changed since the fetch), `SyncRefused`, `AllEntriesRejected`, `EmptySnapshot`, `RemovalGuard` or
 * `SourceNotFound`, and has then changed nothing.
 */
export async function applySnapshot(database: Database, snapshot: SnapshotToApply): Promise<AppliedSnapshot> {
  return await database.pool.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`
      select set_config('statement_timeout', ${APPLY_TIMEOUT}, true), set_config('work_mem', ${APPLY_WORK_MEMORY}, true)`);
    const source = await lockSource(transaction, snapshot.sourceName);
    const earlier = await earlierResult(transaction, source, snapshot);
    if (earlier !== null) return earlier;
    if (definitionDigest(source.definition) !== snapshot.definitionDigest) {
      throw new RollcallError('SnapshotLost', `The definition of ${snapshot.sourceName} changed while it was fetched.`);
    }
    return await applyToSource(transaction, source, snapshot);
  });
}

const lockedSourceRow = z.object({
  id,
  kind: z.string(),
  definition: z.custom<SourceDefinition>(),
  envelope: z.string().nullable(),
  at: timestamp,
});
/** `at` is the moment of everything that the apply changes: taken under the lock, so that it only moves forward. */
type LockedSource = z.infer<typeof lockedSourceRow>;

async function lockSource(transaction: Transaction, name: string): Promise<LockedSource> {
  const source = await transaction.maybeOne(sql.type(idRow)`
    select id from source where name = ${name} for no key update`);
  if (source === null) throw new RollcallError('SourceNotFound', `There is no source ${name}.`);
  return await transaction.one(sql.type(lockedSourceRow)`
    select id, kind, definition, envelope, clock_timestamp() as at from source where id = ${source.id}`);
}

const idRow = z.object({ id });

const syncRunRow = z.object({
  outcome: z.enum(['changed', 'unchanged', 'failed', 'cancelled']).nullable(),
  entries: z.number(),
  added: z.number(),
  changed: z.number(),
  removed: z.number(),
  rejected: z.number(),
  warnings: z.number(),
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
  if (staged.written >= MUCH_ENTRIES) await planForMany(transaction);
  const names = await stagedNames(transaction, source, snapshot);
  const vanished =
    snapshot.coverage === 'complete' ? await removeVanished(transaction, source, { snapshot, staged }) : [];
  const removed = vanished.length;
  const { added, changed } = staged.written === 0 ? NOTHING_WRITTEN : await writeStaged(transaction, source, snapshot);
  if (snapshot.hasEntryClaims === true && staged.written > 0) {
    await takeStagedClaims(transaction, { sourceId: source.id, syncRunId: snapshot.syncRunId });
  }

  const entriesChanged = added + changed + removed > 0;
  const envelopeChanged = snapshot.envelope !== source.envelope;
  if (entriesChanged) await refreshNames(transaction, source, { names, vanished });
  if (entriesChanged || envelopeChanged) {
    await raiseRevisions(transaction, await lockRegistriesOf(transaction, source.id));
  }
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

/**
 * The statistics of the staging tables were made when they were empty, and so may those of the entries. Believing them,
 * the planner compares each of 100,000 rows with each other one, which takes hours; joins by hashing and merging take
 * what they should, however many rows there are.
 */
async function planForMany(transaction: Transaction): Promise<void> {
  await transaction.query(sql.type(nothing)`select set_config('enable_nestloop', 'off', true)`);
}

/** Less than this leaves the planner's idea of the tables right enough; autovacuum sees to it in time. */
const MUCH_ENTRIES = 1_000;
const MUCH_SHARE = 0.1;

function isMuch(written: number, entries: number): boolean {
  return written >= MUCH_ENTRIES && written >= MUCH_SHARE * entries;
}

const NOTHING_WRITTEN = { added: 0, changed: 0 };

const stagedCountsRow = z.object({ chunks: count, entries: count, staged: count, seen: count, written: count });
type StagedCounts = z.infer<typeof stagedCountsRow>;

/** The tables of a snapshot are unlogged: after a crash of the database they are empty, which shows here. */
async function stagedCounts(transaction: Transaction, snapshot: SnapshotToApply): Promise<StagedCounts> {
  const counts = await transaction.one(sql.type(stagedCountsRow)`
    select count(*) as chunks, coalesce(sum(entries), 0) as entries, coalesce(sum(staged), 0) as staged,
      coalesce(sum(cardinality(seen)), 0) as seen,
      (select count(*) from snapshot_entry where sync_run_id = ${snapshot.syncRunId}) as written
    from snapshot_chunk where sync_run_id = ${snapshot.syncRunId}`);
  if (counts.chunks !== snapshot.chunks || counts.written !== counts.staged) {
    throw new RollcallError(
      'SnapshotLost',
      `Of the ${snapshot.chunks} chunks that were staged, ${counts.chunks} are there: the database has lost the snapshot.`,
    );
  }
  return counts;
}

const stagedNameRow = z.object({ name: z.string(), isKnown: z.boolean() });
/** The name of a staged entry, and whether the source has entries of it from before. */
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

const liveRow = z.object({ live: count });
const vanishingRow = z.object({ id, name: z.string(), tags: z.array(z.string()) });
type VanishingEntry = z.infer<typeof vanishingRow>;

/** An entry that its source still has, in a form that can't be taken, is served on as it was. */
function wasRejected({ syncRunId }: SnapshotToApply): FragmentSqlToken {
  return sql.fragment`exists (
    select from snapshot_rejection as rejected where rejected.sync_run_id = ${syncRunId}
    and rejected.name = entry.name and (rejected.version is null or rejected.version = entry.version)
  )`;
}

async function removeVanished(
  transaction: Transaction,
  source: LockedSource,
  { snapshot, staged }: { readonly snapshot: SnapshotToApply; readonly staged: StagedCounts },
): Promise<readonly VanishingEntry[]> {
  const live = await transaction.oneFirst(sql.type(liveRow)`
    select count(*) as live from entry where source_id = ${source.id} and vanished_at is null`);
  if (live === staged.seen) return [];
  const vanishing = await transaction.any(sql.type(vanishingRow)`
    select id, name, tags from entry where source_id = ${source.id} and vanished_at is null and not exists (
      select from snapshot_chunk, unnest(snapshot_chunk.seen) as seen (id)
      where snapshot_chunk.sync_run_id = ${snapshot.syncRunId} and seen.id = entry.id
    ) and not ${snapshot.authoritative === true ? sql.fragment`false` : wasRejected(snapshot)}`);
  if (!snapshot.force && snapshot.authoritative !== true) {
    const { maxRemoval, filterExcludes } = snapshot;
    assertRemovalIsMeant({ vanishing, live, entries: staged.entries, maxRemoval, filterExcludes });
  }
  const ids = vanishing.map((entry) => entry.id);
  await recordRemovals(transaction, snapshot.syncRunId, ids);
  await buryEntries(transaction, ids, source.at);
  return vanishing;
}

/** An entry that its source called deleted before it vanished is a tombstone already: nothing of it moves but the mark. */
async function buryEntries(transaction: Transaction, ids: readonly string[], at: string): Promise<void> {
  await transaction.query(sql.type(nothing)`
    update entry set status = 'deleted', status_message = ${VANISHED_MESSAGE}, status_changed_at = ${at},
      updated_at = ${at}, changed_at = ${at}, vanished_at = ${at}
    where id = any(${sql.array(ids, 'int8')}) and status <> 'deleted'`);
  await transaction.query(sql.type(nothing)`
    update entry set vanished_at = ${at} where id = any(${sql.array(ids, 'int8')}) and vanished_at is null`);
}

const revivedRow = z.object({ revived: count });

/** Updates what changed, revives what has returned and inserts what is new; dates that the source does not give stay. */
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
 * A version that the upstream newly marks as the latest takes the mark from the others of its name that the snapshot
 * doesn't hold: incremental pages bring only the newly marked one. Without a digest, a version that loses its mark counts
 * as changed when the upstream lists it again.
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
 * `is_latest` is right for a name that is all new, so that a first sync need not look at its rows again; refreshLatest
 * mends the others. In the order of their names, entries that are read together lie together.
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

/** Brings what follows from the entries up to date, for the names that this apply has touched. */
async function refreshNames(
  transaction: Transaction,
  source: LockedSource,
  touched: { readonly names: readonly StagedName[]; readonly vanished: readonly VanishingEntry[] },
): Promise<void> {
  const vanished = touched.vanished.map(({ name }) => name);
  const known = touched.names.filter(({ isKnown }) => isKnown).map(({ name }) => name);
  await refreshLatest(transaction, source.id, [...known, ...vanished]);
  const names = [...new Set([...touched.names.map(({ name }) => name), ...vanished])];
  const registryIds = await lockRegistriesOf(transaction, source.id);
  await refreshOwners(transaction, registryIds, { sourceId: source.id, names, at: source.at });
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
  await transaction.query(sql.type(nothing)`delete from snapshot_chunk where sync_run_id = ${syncRunId}`);
  await transaction.query(sql.type(nothing)`delete from snapshot_rejection where sync_run_id = ${syncRunId}`);
  await transaction.query(sql.type(nothing)`delete from snapshot_entry where sync_run_id = ${syncRunId}`);
  await transaction.query(sql.type(nothing)`
    update sync_run set ended_at = clock_timestamp(), outcome = ${outcome},
      upstream_revision = ${snapshot.upstreamRevision}, entries = ${counts.entries}, added = ${counts.added},
      changed = ${counts.changed}, removed = ${counts.removed}, rejected = ${counts.rejected},
      warnings = ${counts.warnings}, failure_type = null, failure_message = null, fetched = null
    where id = ${syncRunId}`);
}
