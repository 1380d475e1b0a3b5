import { Context } from '@temporalio/activity';
import type { Database } from '../db/connection.ts';
import { discardSnapshot, stagedProgress } from '../db/snapshots.ts';
import { findSource, type SourceRow } from '../db/sources.ts';
import { FAILURE_TYPES, RollcallError } from '../registry/failure.ts';
import { withQueries } from '../temporal/carried-definition.ts';
import type { FetchSnapshotResult, SyncInput } from '../workflows/contract.ts';
import { comparableState, type Fetch, type Fetched } from './fetch.ts';
import { fetchApi } from './fetch-api.ts';
import { fetchFile } from './fetch-file.ts';
import { fetchGit } from './fetch-git.ts';
import { limitsOf, type UpstreamDependencies } from './limits.ts';
import { type ProgressDetails, withProgress } from './progress.ts';
import { SnapshotStager, type Staged } from './snapshot-stager.ts';
import { openSyncRecord } from './sync-record.ts';

/** Opens the record of a sync, fetches, filters and stages. */
export async function fetchSnapshot(
  { database, guard }: UpstreamDependencies,
  input: SyncInput,
): Promise<FetchSnapshotResult> {
  return await withProgress(async (progress) => {
    const { source, syncRunId } = await openRecord(database, input);
    const definition = withQueries(input.definition, source.definition);
    const limits = limitsOf(source, definition, guard);
    const staged = await stagedBefore(database, { input, syncRunId });
    const stager = new SnapshotStager({ database, definition, sourceId: source.id, syncRunId, progress, staged });
    try {
      const fetched = await fetchOrigin(database, {
        origin: definition.origin,
        definition,
        previous: asksForEverything(input) ? null : comparableState(definition, source.fetchState),
        stager,
        progress,
        guard: limits,
        signal: Context.current().cancellationSignal,
        resumeFrom: staged?.cursor ?? null,
      });
      if (fetched.snapshot === 'staged') await stager.finish(fetched.coverage);
      return { syncRunId, chunks: stager.chunks, counts: stager.counts, ...fetched };
    } catch (error) {
      throw limits === null ? error : withoutContent(error);
    } finally {
      await stager.settled();
    }
  });
}

/** Only api sources know the difference between a full sync and another. */
function asksForEverything({ definition, force, full }: SyncInput): boolean {
  return force || (full && definition.origin.kind === 'api');
}

async function openRecord(database: Database, input: SyncInput): Promise<{ source: SourceRow; syncRunId: string }> {
  const { definition } = input;
  const source = await findSource(database, definition.name);
  const syncRunId = await openSyncRecord(database, input);
  if (source === null || syncRunId === null) {
    throw new RollcallError('SourceNotFound', `there is no source ${definition.name} in the database`);
  }
  return { source, syncRunId };
}

/** What is no registry document is nothing that whoever made the source is to be shown pieces of. */
function withoutContent(error: unknown): unknown {
  if (!(error instanceof RollcallError)) return error;
  if (error.type !== 'DocumentInvalid' && error.type !== 'FormatMismatch') return error;
  return new RollcallError(
    error.type,
    `${FAILURE_TYPES[error.type]}: what it holds is not shown to who made the source`,
  );
}

/**
 * What an attempt before this one has staged already. A paged fetch goes on from there; any other begins again, and
 * what is there is dropped.
 */
async function stagedBefore(
  database: Database,
  { input, syncRunId }: { input: SyncInput; syncRunId: string },
): Promise<Staged | null> {
  const progress = await stagedProgress(database, syncRunId);
  if (progress === null) return null;
  if (input.definition.origin.kind !== 'api' || progress.cursor === null) {
    await discardSnapshot(database, syncRunId);
    return null;
  }
  // The counts come from the last heartbeat, which may be a little older than the last chunk.
  const { rejected = 0, warnings = 0 } = (Context.current().info.heartbeatDetails ?? {}) as ProgressDetails;
  return { ...progress, cursor: progress.cursor, rejected, warnings };
}

async function fetchOrigin(database: Database, fetch: Fetch): Promise<Fetched> {
  const { origin } = fetch;
  switch (origin.kind) {
    case 'api':
      return await fetchApi({ ...fetch, origin });
    case 'git':
      return await fetchGit({ ...fetch, origin });
    case 'file':
      return await fetchFile({ ...fetch, origin });
    case 'kubernetes': {
      // Loaded where it is used: the client of Kubernetes is large, and most workers have no such source.
      const { fetchKubernetes } = await import('./fetch-kubernetes.ts');
      return await fetchKubernetes(database, { ...fetch, origin });
    }
    case 'managed':
      break;
  }
  throw new RollcallError('SourceManaged', `the source ${fetch.definition.name} is managed: it is only published to`);
}
