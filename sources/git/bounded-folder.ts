/** Limits what programs without limits of their own write into a folder. */
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RollcallError } from '../../registry/failure.ts';
import { DiskAllowanceExceeded } from '../disk-allowance.ts';

/** If the folder doesn't grow for this long, there is no progress. */
const LONGEST_STANDSTILL_MS = 2 * 60_000;
/** Short enough that a download can't exceed the limit by much before it is noticed. */
const INTERVAL_MS = 200;
/** Measuring takes at most a tenth of the time, even for folders with very many files. */
const INTERVAL_PER_LOOK = 9;
const BLOCK_BYTES = 512;
const MEBIBYTE = 1024 * 1024;

export interface FolderBounds {
  readonly folder: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Runs something that fills a folder, and aborts it if the folder exceeds its limit or stops growing. Git limits what it receives
 * from a push, but not what it fetches and checks out. The operating system limits single files, but a repository can have any
 * number of them.
 * @param work ends when its signal is aborted, and throws the signal's reason
 * @throws DiskAllowanceExceeded, RollcallError `UpstreamUnavailable`, or any error of the work
 */
export async function withinBounds<Result>(
  bounds: FolderBounds,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const exceeded = new AbortController();
  const done = new AbortController();
  const watched = watch(bounds, { exceeded, done: done.signal });
  try {
    const result = await work(AbortSignal.any([bounds.signal, exceeded.signal]));
    await assertSize(bounds);
    return result;
  } finally {
    done.abort();
    await watched;
  }
}

async function watch(
  bounds: FolderBounds,
  { exceeded, done }: { readonly exceeded: AbortController; readonly done: AbortSignal },
): Promise<void> {
  let largest = -1;
  let grewAt = Date.now();
  try {
    while (!done.aborted) {
      const lookedAt = Date.now();
      const bytes = await assertSize(bounds);
      const lookMs = Date.now() - lookedAt;
      if (bytes > largest) {
        largest = bytes;
        grewAt = Date.now();
      } else if (Date.now() - grewAt > LONGEST_STANDSTILL_MS) {
        throw new RollcallError('UpstreamUnavailable', 'no data for two minutes');
      }
      await sleep(Math.max(INTERVAL_MS, INTERVAL_PER_LOOK * lookMs), undefined, { signal: done }).catch(() => {});
    }
  } catch (error) {
    exceeded.abort(error);
  }
}

async function assertSize({ folder, maxBytes }: FolderBounds): Promise<number> {
  const bytes = await bytesIn(folder);
  if (bytes <= maxBytes) return bytes;
  throw new DiskAllowanceExceeded(
    'DefinitionInvalid',
    `it needs more than ${Math.floor(maxBytes / MEBIBYTE)} MiB of disk space: let \`path\` match fewer files, or use a smaller repository`,
  );
}

/** The approximate disk usage of a folder that may be changing. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  const stats = await Promise.all(files.map((file) => lstat(join(folder, file.name)).catch(() => null)));
  let bytes = stats.reduce((sum, stat) => sum + (stat === null ? 0 : bytesOf(stat)), 0);
  // Sequentially, because there may be very many.
  for (const entry of entries) if (entry.isDirectory()) bytes += await bytesIn(join(folder, entry.name));
  return bytes;
}

/**
 * The size of a file in whole blocks, so that many small files count. Some file systems report blocks only seconds
 * after a file is written.
 */
function bytesOf({ size, blocks }: Stats): number {
  return Math.max(size, blocks * BLOCK_BYTES);
}
