/** Watches the file of a source for changes. */
import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LastSync, Watch } from '../source-kind.ts';
import type { FileOrigin } from './definition.ts';
import { type FileIdentity, type FileState, identifyFile, isSameFile } from './path.ts';

/** Network mounts report no changes, so the file is also polled. */
const POLL_INTERVAL_MS = 10_000;
/** A file counts as completely written when it has not changed for this long. */
const SETTLED_AFTER_MS = 250;

/** Resolves when the file changes, or if it changed before the watch began. */
export async function watchPath(
  path: string,
  { progress, signal, lastSync }: Watch<FileOrigin, FileState>,
): Promise<void> {
  progress.report({ step: `watching ${path}` });
  const found = await identify(path);
  if (changedSince(await lastSync(), found)) return;
  await untilChanged(path, found, signal);
}

/**
 * Whether the file changed before the watch began. After a failed sync the file always differs from what was applied
 * last. In that case it must have changed since that sync began, or each failure would start the next sync.
 */
function changedSince({ applied, run }: LastSync<FileState>, found: FileIdentity | null): boolean {
  if (run === null || found === null || (applied !== null && isSameFile(applied, found))) return false;
  if (run.outcome === 'changed' || run.outcome === 'unchanged') return true;
  return found.changedAtMs > Date.parse(run.startedAt);
}

/** Waits until the file differs from `found`; rejects if the signal aborts. */
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

/** Waits until the file is completely written. */
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
 * Watches folders instead of the file itself. Otherwise it would miss a file that is replaced by a rename, and a link whose
 * target changes, which is how a mounted ConfigMap is updated.
 */
async function watchFolders(path: string, onEvent: () => void): Promise<FSWatcher[]> {
  const target = await realpath(path).catch(() => path);
  const watchers: FSWatcher[] = [];
  for (const folder of new Set([dirname(path), dirname(target)])) {
    try {
      // If no more watches are available, or the folder is removed, polling remains.
      watchers.push(watchFolder(folder, { persistent: false }, onEvent).on('error', () => {}));
    } catch {
      continue;
    }
  }
  return watchers;
}

/** Null if the file can't be examined for any reason; a sync reports the reason. */
async function identify(path: string): Promise<FileIdentity | null> {
  return await identifyFile(path).catch(() => null);
}

function sameFile(one: FileIdentity | null, other: FileIdentity | null): boolean {
  return one === null || other === null ? one === other : isSameFile(one, other);
}
