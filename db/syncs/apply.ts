import { sql } from 'slonik';
import { z } from 'zod';
import { definitionDigest } from '../../registry/definition-digest.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { count, id, nothing, timestamp } from '../connection/schemas.ts';
import { lockRegistriesOf, lockSource, raiseRevisions, refreshLatest, refreshOwners } from '../entries/ownership.ts';
import type { FetchedSnapshot } from './fetched-snapshots.ts';
import type { RemovalRules } from './removal-guard.ts';
import { deleteSnapshot } from './snapshots.ts';
import { writeStaged } from './staged-entries.ts';
import { syncCounts } from './sync-runs.ts';
import { removeVanished } from './vanished-entries.ts';

export interface SnapshotToApply
  extends RemovalRules, Pick<FetchedSnapshot, 'definitionDigest' | 'chunks' | 'coverage' | 'absentKinds'> {
  readonly syncRunId: string;
  readonly sourceName: string;
  /** Whether single entries say who can see them. Default: the claims of the source apply. */
  readonly hasEntryClaims?: boolean;
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
    select id, definition, envelope, clock_timestamp() as at from source where id = ${sourceId}`);
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
