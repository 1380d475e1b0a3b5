/**
 * The data folder: PostgreSQL's and Temporal's files, and what one `serve` tells other commands about itself. One
 * `serve` at a time has it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Who has the folder, for the commands that want to talk to it and for whoever wants the folder as well. */
export interface Occupant {
  readonly pid: number;
  /** The URL of its API, and where its Temporal is; absent for a command that only works on the database. */
  readonly api?: string;
  readonly temporal?: { readonly address: string; readonly namespace: string };
}

export interface DataFolder {
  readonly path: string;
  /** The last occupant was killed: what it started may still be about to end. */
  readonly wasCutOff: boolean;
  /** Lets the next one have it. */
  release(): Promise<void>;
}

export const DEFAULT_DATA_DIRECTORY = '.rollcall';
const OCCUPANT_FILE = 'running.json';

/**
 * Takes the folder for this process, creating it where it is missing.
 *
 * @throws where another process has it
 */
export async function takeDataFolder(directory: string, occupant: Occupant): Promise<DataFolder> {
  const path = resolve(directory);
  await mkdir(path, { recursive: true });
  const lock = lockFile(join(path, 'lock'));
  const previous = await readOccupant(path);
  if (lock === undefined) throw new Error(inUseMessage(path, previous));
  const occupantFile = join(path, OCCUPANT_FILE);
  await writeFile(occupantFile, `${JSON.stringify(occupant, null, 2)}\n`);
  return {
    path,
    wasCutOff: previous !== undefined,
    release: async () => {
      await rm(occupantFile, { force: true });
      lock.close();
    },
  };
}

/** Who has this folder; undefined where nobody has. */
export async function readOccupant(directory: string): Promise<Occupant | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, OCCUPANT_FILE), 'utf8')) as Occupant;
  } catch {
    return undefined;
  }
}

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

function inUseMessage(path: string, occupant: Occupant | undefined): string {
  const by = occupant === undefined ? 'another process' : `the rollcall with process id ${occupant.pid}`;
  return `The data folder ${path} is in use by ${by}: stop that one, or choose another folder with --data-dir`;
}
