/** Watches the file of a source, or its cluster: ends when there may be news, which a check then looks into. */
import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Database } from '../db/connection.ts';
import { findSource } from '../db/sources.ts';
import { RollcallError } from '../registry/failure.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import type { WatchInput } from '../workflows/contract.ts';
import { comparableState } from '../sources/source-kind.ts';
import { type FileIdentity, identifyFile, isSameFile } from '../sources/file/path.ts';
import { limitsOf, type UpstreamDependencies } from './limits.ts';
import { withProgress } from './progress.ts';

/** Network mounts report no changes: the file is looked at this often in any case. */
const POLL_INTERVAL_MS = 10_000;
/** A file counts as written when it has stayed the same for this long. */
const SETTLED_AFTER_MS = 250;

export async function watch({ database, guard }: UpstreamDependencies, { sourceName }: WatchInput): Promise<void> {
  const source = await findSource(database, sourceName);
  if (source === null) throw new RollcallError('SourceNotFound', `there is no source ${sourceName}`);
  const { definition } = source;
  const { origin } = definition;
  // What can be watched is the server's own: there is nothing to watch that has limits.
  limitsOf(source, guard);
  if (origin.kind === 'kubernetes') {
    // Loaded where it is used: the client of Kubernetes is large, and most workers have no such source.
    const { watchKubernetes } = await import('../sources/kubernetes/watch.ts');
    return await watchKubernetes(database, definition, origin);
  }
  if (origin.kind !== 'file' || !('path' in origin.location)) {
    throw new RollcallError('DefinitionInvalid', `the source ${definition.name} can't be watched`);
  }
  const { path } = origin.location;
  await withProgress(async (progress) => {
    progress.report({ step: `watching ${path}` });
    const found = await identify(path);
    if (await changedSinceLastSync(database, definition, found)) return;
    await untilChanged(path, found, Context.current().cancellationSignal);
  });
}

/**
 * Whether the file changed before the watch began. After a failed sync the file differs from what was applied last, of
 * course: then it must have changed since that sync began, or each failure would start the next.
 */
async function changedSinceLastSync(
  database: Database,
  definition: SourceDefinition,
  found: FileIdentity | null,
): Promise<boolean> {
  const source = await findSource(database, definition.name);
  const applied = comparableState(definition, source?.fetchState ?? null);
  const lastRun = source?.lastRun ?? null;
  if (lastRun === null || found === null || (applied !== null && isSameFile(applied, found))) return false;
  if (lastRun.outcome === 'changed' || lastRun.outcome === 'unchanged') return true;
  return found.changedAtMs > Date.parse(lastRun.startedAt);
}

/** Waits until the file differs from what was found; the signal rejects the wait. */
async function untilChanged(path: string, found: FileIdentity | null, signal: AbortSignal): Promise<void> {
  let wake = Promise.withResolvers<void>();
  const watchers = await watchFolders(path, () => wake.resolve());
  try {
    while (sameFile(found, await identify(path))) {
      await Promise.race([wake.promise, delay(POLL_INTERVAL_MS, undefined, { signal })]);
      wake = Promise.withResolvers<void>();
    }
    await untilSettled(path, signal);
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

/** A file that is being written is not worth reading yet. */
async function untilSettled(path: string, signal: AbortSignal): Promise<void> {
  let last = await identify(path);
  for (;;) {
    await delay(SETTLED_AFTER_MS, undefined, { signal });
    const now = await identify(path);
    if (sameFile(last, now)) return;
    last = now;
  }
}

/**
 * Watches the folders, not the file: a file that is replaced by a rename, and a link that is pointed elsewhere (the way
 * in which a mounted ConfigMap changes), would be lost sight of.
 */
async function watchFolders(path: string, onEvent: () => void): Promise<FSWatcher[]> {
  const target = await realpath(path).catch(() => path);
  const watchers: FSWatcher[] = [];
  for (const folder of new Set([dirname(path), dirname(target)])) {
    try {
      // Where no more watches are to be had, or the folder goes, the poll is what is left.
      watchers.push(watchFolder(folder, { persistent: false }, onEvent).on('error', () => {}));
    } catch {
      continue;
    }
  }
  return watchers;
}

/** Null for a file that can't be looked at, for whatever reason: a sync will tell it. */
async function identify(path: string): Promise<FileIdentity | null> {
  return await identifyFile(path).catch(() => null);
}

function sameFile(one: FileIdentity | null, other: FileIdentity | null): boolean {
  return one === null || other === null ? one === other : isSameFile(one, other);
}
