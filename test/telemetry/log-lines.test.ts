/** Lines of requests are written together, and none is lost when a process ends. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const moduleAt = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

/** A program that reports 2,500 requests, more than are written together, and goes on as given. */
const programOf = (rest: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { createLogger } from '${moduleAt('telemetry/logger.ts')}';
  import { RequestReports } from '${moduleAt('api/http/request-reports.ts')}';
  import { ServerLookups } from '${moduleAt('api/http/server-lookups.ts')}';
  const logger = createLogger('test', { format: 'json' });
  const reports = new RequestReports(logger, new ServerLookups(0));
  for (let number = 0; number < 2500; number += 1) {
    reports.add({
      startedAt: 1, endedAt: 1.123, method: 'GET', url: '/v0.1/"quoted"?limit=3', route: '/v0.1', status: 200, bytes: 9,
      caller: 'a "caller"', requestId: String(number), isAborted: false,
    });
  }
  ${rest}`,
];

test.each([
  ['ends by itself', 'reports.close();'],
  ['exits at once', 'process.exit();'],
  ['exits when all lines are written', 'logger.flush(() => process.exit());'],
])('a process that %s has written all lines in order', async (_how, rest) => {
  const { stdout } = await promisify(execFile)(process.execPath, programOf(rest), { maxBuffer: 1 << 24 });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { requestId: string; time: string });
  expect(lines.map(({ requestId }) => Number(requestId))).toEqual(Array.from({ length: 2500 }, (_, number) => number));
  const { time, ...members } = lines[0]!;
  expect(members).toMatchObject({
    level: 'info',
    name: 'test',
    method: 'GET',
    route: '/v0.1',
    path: '/v0.1/"quoted"',
    query: 'limit=3',
    status: 200,
    durationMs: 0.12,
    bytes: 9,
    caller: 'a "caller"',
    requestId: '0',
    msg: 'request',
  });
  expect(new Date(time).toISOString()).toBe(time);
});

test('a line of a process that keeps running is written soon', async () => {
  const child = spawn(process.execPath, programOf('setInterval(() => {}, 1000);'));
  try {
    let written = '';
    child.stdout.on('data', (data: Buffer) => (written += data.toString()));
    await expect.poll(() => written, { timeout: 20_000 }).toMatch(/"requestId":"2499","msg":"request"\}\n$/);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
