/** Temporary folders of fetches, which are removed even if their worker was killed. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'rollcall-fetch-';
/** A process that seems gone may belong to another container that shares the folder, so wait for the duration of a fetch. */
const ABANDONED_WHEN_GONE_MS = 60 * 60_000;
/** No fetch takes that long, so the process id now belongs to another process. */
const ABANDONED_MS = 24 * 60 * 60_000;

/** Runs something in its own folder, which is removed afterwards. */
export async function inWorkFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  await removeAbandonedFolders();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes the folders of processes that no longer exist. */
async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const processId = Number(name.slice(PREFIX.length).split('-')[0]);
    const stats = await stat(folder).catch(() => null);
    const ageMs = stats === null ? 0 : Date.now() - stats.mtimeMs;
    if (ageMs > (isAlive(processId) ? ABANDONED_MS : ABANDONED_WHEN_GONE_MS)) {
      // Another user's, or another worker is removing it too. Nothing that is done here needs it to be gone.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
