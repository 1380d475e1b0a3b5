import { applySnapshot as applyStaged } from '../db/apply.ts';
import type { Database } from '../db/connection.ts';
import { findSource } from '../db/sources.ts';
import { compileFilter } from '../registry/filter.ts';
import { isAuthoritative } from '../registry/source-definition.ts';
import type { ApplySnapshotInput, SyncResult } from '../workflows/contract.ts';
import { withProgress } from './progress.ts';

/** Makes the staged snapshot visible and closes the sync's record. */
export async function applySnapshot(database: Database, input: ApplySnapshotInput): Promise<SyncResult> {
  const { definition, fetched, force } = input;
  const filter = compileFilter(definition.filter);
  return await withProgress(async (progress) => {
    progress.report({ entries: fetched.counts.entries, step: 'applying' });
    const { outcome, counts } = await applyStaged(database, {
      syncRunId: fetched.syncRunId,
      sourceName: definition.name,
      chunks: fetched.chunks,
      // A snapshot that was not staged because nothing changed says nothing about the entries that it does not hold.
      coverage: fetched.snapshot === 'unchanged' ? 'partial' : fetched.coverage,
      force,
      maxRemoval: definition.syncPolicy.maxRemoval,
      authoritative: isAuthoritative(definition.origin),
      filterExcludes: (name, tags) => filter(name, tags) === 'excluded',
      fetchState: fetched.fetchState,
      envelope: await envelopeToKeep(database, input),
      commitId: fetched.commitId ?? null,
      upstreamRevision: fetched.upstreamRevision ?? null,
      rejected: fetched.counts.rejected,
      warnings: fetched.counts.warnings,
    });
    const { upstreamRevision } = fetched;
    return { outcome, counts, ...(upstreamRevision !== undefined && { upstreamRevision }) };
  });
}

/** Only a complete snapshot that was read brings an envelope; any other leaves what is there. */
async function envelopeToKeep(database: Database, { definition, fetched }: ApplySnapshotInput): Promise<string | null> {
  if (fetched.snapshot === 'staged' && fetched.coverage === 'complete') return fetched.envelope ?? null;
  const source = await findSource(database, definition.name);
  return source?.envelope ?? null;
}
