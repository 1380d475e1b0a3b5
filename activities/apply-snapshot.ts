import { applySnapshot as applyStaged } from '../db/syncs/apply.ts';
import type { Database } from '../db/connection/database.ts';
import { type FetchedSnapshot, findFetchedSnapshot } from '../db/syncs/fetched-snapshots.ts';
import { needsReading } from '../db/contents/package-readings.ts';
import { countEntriesOf, findSource, type SourceRow } from '../db/configuration/sources.ts';
import { findSyncRun, syncCounts, type SyncRunRow } from '../db/syncs/sync-runs.ts';
import { RollcallError } from '../registry/failure.ts';
import { compileFilter } from '../registry/patterns/filter.ts';
import { kindOf } from '../sources/index.ts';
import type { AppliedSync } from '../workflows/contract/activities.ts';
import type { SyncKey, SyncResult } from '../workflows/contract/syncs.ts';
import { withProgress } from './progress.ts';
import { listSync } from './sync-listing.ts';

/**
 * Makes the staged snapshot of a sync visible and closes the sync's record. Everything that decides which entries are
 * served and removed comes from Postgres: the definition, the result of the fetch, and whether the removal guard is
 * overridden.
 */
export async function applySnapshot(database: Database, key: SyncKey): Promise<AppliedSync> {
  const source = await findSource(database, key.sourceName);
  const run = await findSyncRun(database, key);
  if (source === null || run === null) {
    throw new RollcallError('SourceNotFound', `there is no sync ${key.number} of ${key.sourceName} in the database`);
  }
  const { outcome } = run;
  if (outcome === 'changed' || outcome === 'unchanged') {
    return await withTotals(database, { source, run }, { outcome, counts: syncCounts.parse(run), ...revisionOf(run) });
  }
  const fetched = await findFetchedSnapshot(database, run.id);
  if (fetched === null) {
    throw new RollcallError('SnapshotLost', `nothing was fetched for sync ${key.number} of ${key.sourceName}`);
  }
  return await withProgress(async (progress) => {
    progress.report({ entries: fetched.counts.entries, step: 'applying' });
    return await withTotals(database, { source, run }, await apply(database, { source, run, fetched }));
  });
}

/** Adds data that is read after the apply, in separate transactions. */
async function withTotals(
  database: Database,
  { source, run }: { source: SourceRow; run: SyncRunRow },
  result: SyncResult,
): Promise<AppliedSync> {
  const [counted] = await countEntriesOf(database, [source]);
  const { added, changed, removed, rejected } = result.counts;
  const hasNews = added + changed + removed + rejected > 0;
  return {
    ...result,
    ...(counted !== undefined && { totals: counted.entryCounts }),
    ...(hasNews && { listing: await listSync(database, run.id) }),
    ...((await needsReading(database, run.sourceName)) && { packages: true }),
  };
}

async function apply(
  database: Database,
  { source, run, fetched }: { source: SourceRow; run: SyncRunRow; fetched: FetchedSnapshot },
): Promise<SyncResult> {
  const { definition } = source;
  const kind = kindOf(definition.origin);
  const filter = compileFilter(definition.filter);
  const { outcome, counts } = await applyStaged(database, {
    syncRunId: run.id,
    sourceName: source.name,
    definitionDigest: fetched.definitionDigest,
    chunks: fetched.chunks,
    // A snapshot that wasn't staged because nothing changed can't lend claims to entries it doesn't hold.
    coverage: fetched.snapshot === 'unchanged' ? 'partial' : fetched.coverage,
    absentKinds: fetched.absentKinds ?? [],
    // The author of inline data removed the missing entries on purpose.
    force: run.forced || kind.isInline?.(definition.origin) === true,
    maxRemoval: definition.syncPolicy.maxRemoval,
    authoritative: kind.isAuthoritative === true,
    hasEntryClaims: kind.hasEntryClaims === true,
    filterExcludes: (name, tags) => filter(name, tags) === 'excluded',
    fetchState: fetched.fetchState,
    envelope: envelopeToKeep(source, fetched),
    commitId: fetched.commitId ?? null,
    upstreamRevision: fetched.upstreamRevision ?? null,
    rejected: fetched.counts.rejected,
    warnings: fetched.counts.warnings,
  });
  return { outcome, counts, ...revisionOf({ upstreamRevision: fetched.upstreamRevision ?? null }) };
}

/** Only a complete snapshot that was read has an envelope; any other leaves the existing one. */
function envelopeToKeep({ envelope }: SourceRow, fetched: FetchedSnapshot): string | null {
  const isRead = fetched.snapshot === 'staged' && fetched.coverage === 'complete';
  return isRead ? (fetched.envelope ?? null) : envelope;
}

function revisionOf({ upstreamRevision }: Pick<SyncRunRow, 'upstreamRevision'>): Pick<SyncResult, 'upstreamRevision'> {
  return upstreamRevision === null ? {} : { upstreamRevision };
}
