import { Context } from '@temporalio/activity';
import { findSource } from '../db/configuration/sources.ts';
import { RollcallError } from '../registry/failure.ts';
import { readerOf } from '../sources/index.ts';
import type { LastSync } from '../sources/source-kind.ts';
import type { WatchInput } from '../workflows/contract/activities.ts';
import { comparableState, limitsOf, type UpstreamDependencies } from './limits.ts';
import { withProgress } from './progress.ts';

/** Watches a source. Resolves when there may be news, which a check then confirms. */
export async function watch({ database, guard }: UpstreamDependencies, { sourceName }: WatchInput): Promise<void> {
  const source = await findSource(database, sourceName);
  if (source === null) throw new RollcallError('SourceNotFound', `there is no source ${sourceName}`);
  const { definition } = source;
  const { origin } = definition;
  // Only the server's own files and clusters can be watched, and sources with limits can't use those.
  limitsOf(source, guard);
  const reader = await readerOf(definition);
  if (reader.watch === undefined) {
    throw new RollcallError('DefinitionInvalid', `the source ${sourceName} can't be watched`);
  }
  const { cancellationSignal: signal } = Context.current();
  const lastSync = async (): Promise<LastSync> => {
    const { fetchState = null, lastRun = null } = (await findSource(database, sourceName)) ?? {};
    return { applied: comparableState({ definition, fetchState }, reader), run: lastRun };
  };
  await withProgress(async (progress) => {
    await reader.watch?.({ database, definition, origin, progress, signal, lastSync });
  });
}
