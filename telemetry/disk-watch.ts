/** Watches the disk of the data folder, for the log and for gauges. Embedded mode only. */
import { statfs } from 'node:fs/promises';
import type { Logger } from 'pino';
import { addGauges } from './meter.ts';

const INTERVAL_MS = 15_000;
/** Below either limit, the disk counts as nearly full. The embedded PostgreSQL stops when the disk is full. */
const LOW_BYTES = 2e9;
const LOW_SHARE = 0.1;
/** PostgreSQL writes its log in files of this size, and can't write anything if it can't create the next one. */
const FULL_BYTES = 16 * 1024 ** 2;

type Level = 'enough' | 'low' | 'full';

interface Space {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Checks every 15 seconds, and logs changes. Returns a function that ends the watch and removes the gauges. */
export function watchDisk(folder: string, logger: Logger): () => void {
  let last: Level = 'enough';
  const look = async (): Promise<void> => {
    const space = await spaceOf(folder).catch(() => undefined);
    if (space === undefined || levelOf(space) === last) return;
    last = levelOf(space);
    const disk = `The disk of ${folder}`;
    const free = `${(space.freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
    if (last === 'full') logger.error(space, `${disk} is full: nothing can be synced or published. Free space`);
    else if (last === 'low') logger.warn(space, `${disk} is nearly full (${free}): PostgreSQL stops when it is full`);
    else logger.info(space, `${disk} has enough space again (${free})`);
  };
  void look();
  const timer = setInterval(() => void look(), INTERVAL_MS);
  const remove = addGauges(async () => {
    const { freeBytes, sizeBytes } = await spaceOf(folder);
    return [
      {
        name: 'rollcall.disk.free',
        description: 'Free space of the file system of the data folder',
        unit: 'By',
        points: [{ value: freeBytes }],
      },
      {
        name: 'rollcall.disk.size',
        description: 'Size of the file system of the data folder',
        unit: 'By',
        points: [{ value: sizeBytes }],
      },
    ];
  });
  return () => {
    clearInterval(timer);
    remove();
  };
}

async function spaceOf(folder: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

function levelOf({ freeBytes, sizeBytes }: Space): Level {
  if (freeBytes < FULL_BYTES) return 'full';
  return freeBytes < LOW_BYTES || freeBytes / sizeBytes < LOW_SHARE ? 'low' : 'enough';
}
