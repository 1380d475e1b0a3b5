/**
 * The data folder: the files of PostgreSQL and Temporal, and information about `serve` for other commands. Only one `serve` can
 * use it at a time.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { type FileLock, takeFileLock } from './file-lock.ts';
import { Unrecoverable } from './keep-running.ts';

/** The process that uses the folder, for commands that connect to it and for error messages. */
export interface Occupant {
  readonly pid: number;
  /** The URLs of its API and of Temporal; absent for a command that only works on the database. */
  readonly api?: string;
  readonly temporal?: { readonly address: string; readonly namespace: string };
}

export interface DataFolder {
  readonly path: string;
  /** The previous user of the folder was killed. Its child processes may still be ending. */
  readonly wasCutOff: boolean;
  /** Fulfilled, with the reason, if the folder is deleted or replaced while this process uses it. */
  readonly lost: Promise<Unrecoverable>;
  /** Releases the folder. */
  release(): Promise<void>;
}

export const DEFAULT_DATA_DIRECTORY = '.rollcall';
const OCCUPANT_FILE = 'running.json';
const LOCK_FILE = 'lock';
const CHECK_EVERY_MS = 2_000;

/**
 * Reserves the folder for this process, and creates it if it is missing.
 * @throws Error if another process uses it, or it can't be created or written to
 */
export async function takeDataFolder(directory: string, occupant: Occupant): Promise<DataFolder> {
  const path = resolve(directory);
  const occupantFile = join(path, OCCUPANT_FILE);
  const lockFile = join(path, LOCK_FILE);
  let lock: FileLock | undefined;
  let previous: Occupant | undefined;
  try {
    await mkdir(path, { recursive: true });
    lock = takeFileLock(lockFile);
    previous = await readOccupant(path);
    if (lock !== undefined) await writeFile(occupantFile, `${JSON.stringify(occupant, null, 2)}\n`);
  } catch (cause) {
    lock?.release();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy = /disk is full|ENOSPC/.test(reason) ? 'Free space' : 'Make it writable';
    throw new Error(
      `The data folder ${path} can't be used: ${reason}. ${remedy}, or choose another folder with --data-dir`,
      { cause },
    );
  }
  if (lock === undefined) throw new Error(inUseMessage(path, previous));
  const released = new AbortController();
  return {
    path,
    wasCutOff: previous !== undefined,
    lost: waitUntilLost(path, { lockFile, signal: released.signal }),
    release: async () => {
      released.abort();
      await rm(occupantFile, { force: true });
      lock.release();
    },
  };
}

/** Resolves when the folder is deleted or replaced; never if the signal aborts first. */
async function waitUntilLost(
  path: string,
  { lockFile, signal }: { readonly lockFile: string; readonly signal: AbortSignal },
): Promise<Unrecoverable> {
  const ours = await identityOf(lockFile);
  try {
    for await (const _ of every(CHECK_EVERY_MS, undefined, { ref: false, signal })) {
      if ((await identityOf(lockFile)) !== ours) break;
    }
  } catch {
    return await new Promise(() => undefined);
  }
  return new Unrecoverable(
    `The data folder ${path} was deleted or replaced while in use. Restore it from a backup, or start again with a new one`,
  );
}

/**
 * Identifies a file, so that it can be told apart from another one with the same name. Undefined if it doesn't exist.
 */
async function identityOf(path: string): Promise<string | undefined> {
  return await stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );
}

/**
 * Returns the process that uses this folder, if any. One that was killed leaves its note behind, but not its lock.
 * @throws Error if the lock can't be examined
 */
export async function findOccupant(directory: string): Promise<Occupant | undefined> {
  const lockFile = join(directory, LOCK_FILE);
  if ((await identityOf(lockFile)) === undefined) return undefined;
  const lock = takeFileLock(lockFile);
  lock?.release();
  return lock === undefined ? await readOccupant(directory) : undefined;
}

/** Returns the process that noted that it uses this folder. It may have been killed. */
async function readOccupant(directory: string): Promise<Occupant | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, OCCUPANT_FILE), 'utf8')) as Occupant;
  } catch {
    return undefined;
  }
}

function inUseMessage(path: string, occupant: Occupant | undefined): string {
  const by = occupant === undefined ? 'another process' : `the rollcall process ${occupant.pid}`;
  return `The data folder ${path} is in use by ${by}: stop it, or choose another folder with --data-dir`;
}
