/**
 * The data folder: PostgreSQL's and Temporal's files, and what one `serve` tells other commands about itself. One
 * `serve` at a time has it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where the parts of a running `serve` are found, for the commands that want to talk to them. */
export interface RunningServe {
  readonly pid: number;
  readonly api: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
}

export interface DataFolder {
  readonly path: string;
  announce(running: RunningServe): Promise<void>;
  /** Lets the next one have it. */
  release(): Promise<void>;
}

export const DEFAULT_DATA_DIRECTORY = '.rollcall';

/**
 * Takes the folder for this process, creating it where it is missing.
 *
 * @throws where another process has it
 */
export async function takeDataFolder(directory: string): Promise<DataFolder> {
  const path = resolve(directory);
  await mkdir(path, { recursive: true });
  const lock = lockFile(join(path, 'lock'));
  if (lock === undefined) throw new Error(await inUseMessage(path));
  const runningFile = join(path, RUNNING_FILE);
  await rm(runningFile, { force: true });
  return {
    path,
    announce: (running) => writeFile(runningFile, `${JSON.stringify(running, null, 2)}\n`),
    release: async () => {
      await rm(runningFile, { force: true });
      lock.close();
    },
  };
}

/** What the `serve` that has this folder says about itself; undefined where none runs. */
export async function readRunningServe(directory: string): Promise<RunningServe | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, RUNNING_FILE), 'utf8')) as RunningServe;
  } catch {
    return undefined;
  }
}

const RUNNING_FILE = 'running.json';

/**
 * A lock that the operating system lets go of when its process ends, however it ends. Node has no call for one, but
 * SQLite takes one on its database file: the file holds nothing else.
 */
function lockFile(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
    return database;
  } catch {
    database.close();
    return undefined;
  }
}

async function inUseMessage(path: string): Promise<string> {
  const running = await readRunningServe(path);
  const by =
    running === undefined ? 'another rollcall' : `the rollcall with process id ${running.pid} (${running.api})`;
  return `The data folder ${path} is in use by ${by}: stop that one, or choose another folder with --data-dir`;
}
