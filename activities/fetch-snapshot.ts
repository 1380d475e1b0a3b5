import { Context } from '@temporalio/activity';
import type { Database } from '../db/connection/database.ts';
import { noteDefinition, storeFetchedSnapshot } from '../db/syncs/fetched-snapshots.ts';
import { discardSnapshot, stagedProgress } from '../db/syncs/snapshots.ts';
import { findSource, type SourceRow } from '../db/configuration/sources.ts';
import type { OpenedSyncRun } from '../db/syncs/sync-runs.ts';
import { definitionDigest } from '../registry/definition-digest.ts';
import { FAILURE_TYPES, RollcallError } from '../registry/failure.ts';
import type { FetchInput, FetchSnapshotResult } from '../workflows/contract/activities.ts';
import { kindOf, readerOf } from '../sources/index.ts';
import type { Fetch } from '../sources/source-kind.ts';
import { comparableState, limitsOf, type UpstreamDependencies } from './limits.ts';
import { type ProgressDetails, withProgress } from './progress.ts';
import { SlowFetches } from '../sources/slow-fetches.ts';
import { SnapshotStager, type Staged } from './staging/snapshot-stager.ts';
import { openSyncRecord } from './sync-record.ts';

/** A worker runs 100 activities; at least 20 of its slots become free within a minute. */
const slowFetches = new SlowFetches({ afterMs: 60_000, count: 80 });

/**
 * Opens the record of a sync, then fetches, filters, and stages. The data that the apply needs is stored with the
 * record, so that it doesn't depend on its arguments.
 */
export async function fetchSnapshot(
  { database, guard }: UpstreamDependencies,
  input: FetchInput,
): Promise<FetchSnapshotResult> {
  const { cancellationSignal } = Context.current();
  return await withProgress((progress) =>
    slowFetches.run(cancellationSignal, (signal) => fetchAndStage({ database, guard }, { input, progress, signal })),
  );
}

async function fetchAndStage(
  { database, guard }: UpstreamDependencies,
  { input, progress, signal }: { readonly input: FetchInput } & Pick<Fetch, 'progress' | 'signal'>,
): Promise<FetchSnapshotResult> {
  const { source, run } = await openRecord(database, input);
  const { definition, id: sourceId } = source;
  const { id: syncRunId } = run;
  const limits = limitsOf(source, guard);
  const reader = await readerOf(definition);
  const staged = await stagedBefore(database, source, run);
  const stager = new SnapshotStager({
    database,
    definition,
    sourceId,
    syncRunId,
    progress,
    signal,
    staged,
  });
  if (staged !== null) {
    // For a third attempt, if this one stages nothing.
    const { entries, found, rejected, warnings } = staged;
    progress.report({ entries, found, rejected, warnings });
  }
  try {
    const { state, ...fetched } = await reader.fetch({
      database,
      origin: definition.origin,
      definition,
      previous: input.force || input.full || !run.isSuccessive ? null : comparableState(source, reader),
      stager,
      progress,
      guard: limits,
      signal,
      scheduledAtMs: Context.current().info.scheduledTimestampMs,
      resumeFrom: staged?.cursor ?? null,
    });
    if (fetched.snapshot === 'staged') await stager.finish(fetched.coverage);
    const { chunks, counts } = stager;
    const fetchState = { ...state, definitionDigest: definitionDigest(definition) };
    await storeFetchedSnapshot(database, syncRunId, { chunks, counts, fetchState, ...fetched });
    return { snapshot: fetched.snapshot, counts };
  } catch (error) {
    throw limits === null || kindOf(definition.origin).isInline?.(definition.origin) === true
      ? error
      : withoutContent(error);
  } finally {
    await stager.storeFindings();
  }
}

async function openRecord(database: Database, input: FetchInput): Promise<{ source: SourceRow; run: OpenedSyncRun }> {
  const { sourceName, number } = input;
  const run = await openSyncRecord(database, input);
  const source = await findSource(database, sourceName);
  if (source === null || run === null) {
    throw new RollcallError('SourceNotFound', `there is no source ${sourceName} in the database`);
  }
  if (run.hasEnded) throw new RollcallError('SyncRefused', `sync ${number} of ${sourceName} has already ended`);
  return { source, run };
}

/** Removes quotes of the document from a failure: the creator of a source must not use it to read other systems. */
function withoutContent(error: unknown): unknown {
  if (!(error instanceof RollcallError)) return error;
  if (error.type !== 'DocumentInvalid' && error.type !== 'FormatMismatch') return error;
  return new RollcallError(
    error.type,
    `${FAILURE_TYPES[error.type]}: its content is not shown for sources that were created through the API`,
  );
}

/** The staged data of an earlier attempt. A paged fetch continues from there; any other starts over and drops it. */
async function stagedBefore(
  database: Database,
  { definition }: SourceRow,
  { id: syncRunId, definitionDigest: digestBefore }: OpenedSyncRun,
): Promise<Staged | null> {
  const digest = definitionDigest(definition);
  if (digest !== digestBefore) await noteDefinition(database, syncRunId, digest);
  const progress = await stagedProgress(database, syncRunId);
  if (progress === null) return null;
  if (digest !== digestBefore || kindOf(definition.origin).isPaged !== true || progress.cursor === null) {
    await discardSnapshot(database, syncRunId);
    return null;
  }
  // The counts come from the last heartbeat, which can be slightly older than the last chunk.
  const details = (Context.current().info.heartbeatDetails ?? {}) as ProgressDetails;
  const { rejected = 0, warnings = 0, found = progress.entries + rejected } = details;
  return { ...progress, cursor: progress.cursor, found, rejected, warnings };
}
