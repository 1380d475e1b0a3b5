import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { convertYaml } from '../../activities/staging/isolated-yaml.ts';
import type { ConvertedYaml } from '../../registry/document/yaml.ts';
import { test } from '../sources/file-source.ts';

const HOSTILE = {
  /** A list of empty lists: a hundred bytes of memory per byte. */
  memory: `[${'[],'.repeat(600_000)}]`,
  /** Keys are compared with each other. */
  time: Array.from({ length: 200_000 }, (_, key) => `k${key}: 1`).join('\n'),
  depth: '['.repeat(300_000),
};

function convert(text: string, limits: { heapMiB?: number; timeoutMs?: number } = {}): Promise<ConvertedYaml> {
  const { signal } = new AbortController();
  return convertYaml(Buffer.from(text), signal, { heapMiB: 48, timeoutMs: 60_000, ...limits });
}

test('a document that needs too much memory fails alone', async () => {
  await expect(convert(HOSTILE.memory)).rejects.toMatchObject({
    type: 'DocumentInvalid',
    message: expect.stringContaining('needs more than 48 MiB of memory'),
  });
}, 120_000);

test('a document that takes too long fails without blocking this process', async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 50);
  const failed = convert(HOSTILE.time, { heapMiB: 512, timeoutMs: 2_000 });
  await expect(failed).rejects.toMatchObject({ type: 'DocumentInvalid', message: expect.stringContaining('2000 ms') });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
}, 120_000);

test('a document that is nested too deeply is invalid', async () => {
  await expect(convert(HOSTILE.depth)).rejects.toMatchObject({ type: 'DocumentInvalid' });
}, 120_000);

test('aliases that repeat a large block are limited', async () => {
  const blocks = Array.from({ length: 90 }, (_, block) => `b${block}: *block`).join('\n');
  const repeated = `block: &block "${'x'.repeat(300_000)}"\n${blocks}`;
  await expect(convert(repeated, { heapMiB: 256 })).rejects.toMatchObject({ type: 'DocumentInvalid' });
}, 120_000);

test('a conversion ends with its fetch', async () => {
  const controller = new AbortController();
  const conversion = convertYaml(Buffer.from(HOSTILE.time), controller.signal);
  controller.abort(new Error('cancelled'));
  await expect(conversion).rejects.toThrow('cancelled');
}, 120_000);

test('a source with a large YAML document is served, and one with a hostile document fails its own sync', async ({
  path,
  source,
}) => {
  const servers = Array.from(
    { length: 400 },
    (_, index) => `  - { name: com.example/server-${index}, version: "1.0.0", description: A server }`,
  );
  servers.push('  - { name: com.example/bad }');
  await writeFile(path, `servers:\n${servers.join('\n')}\n`);
  expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 400, rejected: 1 } });
  expect(await source.findings()).toMatchObject([{ name: 'com.example/bad', location: 'line 402, column 5' }]);
  await writeFile(path, HOSTILE.depth);
  expect(await source.failedSync()).toMatchObject({ type: 'DocumentInvalid', nonRetryable: true });
  expect(await source.served()).toHaveLength(400);
}, 120_000);
