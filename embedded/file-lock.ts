import { DatabaseSync } from 'node:sqlite';

export interface FileLock {
  release(): void;
}

/** SQLite's result code for a database file that another process has locked. */
const BUSY = 5;

/**
 * A lock that the operating system releases when its process ends, for any reason. Node has no such lock, but SQLite locks its
 * database file, which contains nothing else.
 * @returns undefined if another process holds it
 * @throws Error if the file can't be opened or locked at all
 */
export function takeFileLock(path: string): FileLock | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) return undefined;
    throw error;
  }
}
