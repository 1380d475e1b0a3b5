/**
 * The data folder: PostgreSQL's and Temporal's files, and what one `serve` tells other commands about itself. One
 * `serve` at a time has it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { takeFileLock } from './file-lock.ts';

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
  const lock = takeFileLock(join(path, 'lock'));
  const previous = await readOccupant(path);
  if (lock === undefined) throw new Error(inUseMessage(path, previous));
  const occupantFile = join(path, OCCUPANT_FILE);
  await writeFile(occupantFile, `${JSON.stringify(occupant, null, 2)}\n`);
  return {
    path,
    wasCutOff: previous !== undefined,
    release: async () => {
      await rm(occupantFile, { force: true });
      lock.release();
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

function inUseMessage(path: string, occupant: Occupant | undefined): string {
  const by = occupant === undefined ? 'another process' : `the rollcall with process id ${occupant.pid}`;
  return `The data folder ${path} is in use by ${by}: stop that one, or choose another folder with --data-dir`;
}
