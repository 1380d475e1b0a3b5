/** A `rollcall serve` whose data folder is on a small disk of its own, so that the disk can be filled. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';

const run = promisify(execFile);
const ROLLCALL = fileURLToPath(new URL('../../bin/rollcall.mjs', import.meta.url));
const DISK_SIZE = '3g';
const BALLAST = '1200m';

export interface SmallDisk {
  readonly internal: string;
  fill(): Promise<void>;
  empty(): Promise<void>;
  logLines(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Mounts a file system in memory, which needs root, and starts `serve` on it. */
export async function startOnSmallDisk(folder: string): Promise<SmallDisk> {
  const disk = join(folder, 'disk');
  await mkdir(disk, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE},mode=0755`, 'tmpfs', disk]);
  const [api, internal, worker, temporal, ui] = await Promise.all(Array.from({ length: 5 }, findFreePort));
  const file = join(folder, 'serve.yaml');
  const server = {
    address: `${LOOPBACK}:${api}`,
    internalAddress: `${LOOPBACK}:${internal}`,
    workerInternalAddress: `${LOOPBACK}:${worker}`,
  };
  await writeFile(
    file,
    JSON.stringify({ sources: [{ name: 'own', managed: {} }], auth: { mode: 'anonymous' }, server }),
  );
  const logFile = join(folder, 'serve.log');
  const child = spawn(
    process.execPath,
    [
      ROLLCALL,
      'serve',
      '--config',
      file,
      '--data-dir',
      join(disk, 'data'),
      '--temporal-port',
      `${temporal}`,
      '--ui-port',
      `${ui}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const ballast = join(disk, 'ballast');
  const readLog = async (): Promise<string> => await readFile(logFile, 'utf8').catch(() => '');
  while (
    !(await fetch(`http://${server.internalAddress}/readiness`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`serve ended:\n${await readLog()}`);
    await delay(500);
  }
  return {
    internal: server.internalAddress,
    fill: async () => void (await run('fallocate', ['--length', BALLAST, ballast])),
    empty: () => rm(ballast, { force: true }),
    logLines: async () => (await readLog()).split('\n').filter((line) => line !== ''),
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await run('umount', [disk]);
    },
  };
}
