/** Bounds on what programs that have none of their own put into a folder. */
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RollcallError } from '../../registry/failure.ts';
import { DiskAllowanceExceeded } from '../disk-allowance.ts';

/** Without any growth for this long, there is no progress. */
const LONGEST_STANDSTILL_MS = 2 * 60_000;
/** Small beside what a disk has free: no more than it takes within this time gets in beyond the bound. */
const INTERVAL_MS = 200;
/** Looking takes a tenth of the time, where a folder has so many files that it takes long. */
const INTERVAL_PER_LOOK = 9;
const BLOCK_BYTES = 512;
const MEBIBYTE = 1024 * 1024;

export interface FolderBounds {
  readonly folder: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Does something that fills a folder, and aborts it when the folder takes more of the disk than it may, or when nothing
 * more comes. Git bounds what it receives from a push, not what it fetches and checks out; and the operating system
 * bounds single files, where a repository may have any number.
 *
 * @param work ends when its signal is aborted, and throws its reason
 * @throws DiskAllowanceExceeded, RollcallError `UpstreamUnavailable`, or what the work throws
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
        throw new RollcallError('UpstreamUnavailable', 'nothing has come for two minutes');
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
    `it takes more than ${Math.floor(maxBytes / MEBIBYTE)} MiB of the disk: let \`path\` name fewer files, or take a smaller repository`,
  );
}

/** What a folder that changes meanwhile takes of the disk, about. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  const stats = await Promise.all(files.map((file) => lstat(join(folder, file.name)).catch(() => null)));
  let bytes = stats.reduce((sum, stat) => sum + (stat === null ? 0 : bytesOf(stat)), 0);
  // One after the other: there may be many.
  for (const entry of entries) if (entry.isDirectory()) bytes += await bytesIn(join(folder, entry.name));
  return bytes;
}

/** In whole blocks, so that many small files count; some file systems tell of blocks only seconds after a file is written. */
function bytesOf({ size, blocks }: Stats): number {
  return Math.max(size, blocks * BLOCK_BYTES);
}
