/** Lines are written in batches, and none is lost when a process ends. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const LOGGER = new URL('../../telemetry/logger.ts', import.meta.url).href;

/** A program that logs 3,000 lines, which is more than one batch, and goes on as given. */
const programOf = (rest: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { createLogger, logPlain } from '${LOGGER}';
  const logger = createLogger('test', { format: 'json' });
  for (let number = 0; number < 3000; number += 1) logPlain(logger, 'info', { number, msg: 'plain' });
  logger.info({ number: 3000 }, 'other');
  ${rest}`,
];

test.each([
  ['ends by itself', ''],
  ['exits at once', 'process.exit();'],
  ['exits when all lines are written', 'logger.flush(() => process.exit());'],
])('a process that %s has written all lines in order', async (_how, rest) => {
  const { stdout } = await promisify(execFile)(process.execPath, programOf(rest), { maxBuffer: 1 << 24 });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { number: number; time: string });
  expect(lines.map(({ number }) => number)).toEqual(Array.from({ length: 3001 }, (_, number) => number));
  const [first] = lines;
  expect(first).toMatchObject({ level: 'info', name: 'test', msg: 'plain', time: expect.any(String) });
  expect(new Date(first!.time).toISOString()).toBe(first!.time);
});

test('a line of a process that keeps running is written soon', async () => {
  const child = spawn(process.execPath, programOf('setInterval(() => {}, 1000);'));
  try {
    let written = '';
    child.stdout.on('data', (data: Buffer) => (written += data.toString()));
    await expect.poll(() => written, { timeout: 20_000 }).toMatch(/"number":3000,"msg":"other"\}\n$/);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
