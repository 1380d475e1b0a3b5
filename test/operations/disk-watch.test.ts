import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { expect, test } from 'vitest';
import { watchDisk } from '../../telemetry/disk-watch.ts';
import { collectMetrics } from '../../telemetry/meter.ts';
import { eventually } from '../eventually.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** A log, and its messages so far. */
function createLog(): { readonly logger: pino.Logger; readonly messages: () => string[] } {
  const lines: string[] = [];
  const logger = pino({}, { write: (line) => void lines.push(line) });
  return { logger, messages: () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg) };
}

test('the free space of the data folder is measured', async () => {
  const end = watchDisk(tmpdir(), createLog().logger);
  const { resourceMetrics } = await collectMetrics();
  end();
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  const valueOf = (name: string): unknown =>
    metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints[0]?.value;
  expect(valueOf('rollcall.disk.size')).toBeGreaterThan(0);
  expect(valueOf('rollcall.disk.free')).toBeGreaterThan(0);
});

test.skipIf(!isRoot).each([
  ['nearly full', 0, 'is nearly full (0.0 GiB free): PostgreSQL stops when it is full'],
  ['full', 15, 'is full: nothing can be synced or published. Free space'],
])('a disk that is %s is logged (needs root for a small disk)', async (_, mebibytes, message) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]);
  await writeFile(join(folder, 'data'), Buffer.alloc(mebibytes * 1024 ** 2));
  const { logger, messages } = createLog();
  const end = watchDisk(folder, logger);
  try {
    await eventually(() => messages().length > 0, 'the log tells');
    expect(messages()).toEqual([`The disk of ${folder} ${message}`]);
  } finally {
    end();
    await run('umount', [folder]);
    await rm(folder, { recursive: true });
  }
});
