import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { revisionOf } from '../db/sync-source.ts';
import { test } from './file-source.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

const ONE = serverJson('com.example/one');
const TWO = serverJson('com.example/two');

test('serves the content of the file, and finds nothing new until it changes', async ({ path, source }) => {
  await writeFile(path, envelope([ONE, TWO]));
  expect(await source.check()).toBe('maybe');
  expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 2, added: 2, rejected: 0 } });
  expect(await source.served()).toEqual(['com.example/one@1.0.0', 'com.example/two@1.0.0']);
  expect(await source.check()).toBe('nothing');

  await writeFile(path, envelope([ONE, serverJson('com.example/two', '1.1.0')]));
  expect(await source.check()).toBe('maybe');
  expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { added: 1, removed: 1 } });
  expect(await source.served()).toEqual(['com.example/one@1.0.0', 'com.example/two@1.1.0']);
});

test('a duplicate entry is found in the same chunk, in the next one, and in a later one', async ({ path, source }) => {
  const entries = Array.from({ length: 6_000 }, (_, index) => serverJson(`com.example/server-${index}`));
  const again = [entries[1]!, entries[2_100]!, entries[5_999]!];
  const [first, next, last] = again;
  const document = [
    ...entries.slice(0, 1_000),
    first!,
    ...entries.slice(1_000, 4_100),
    next!,
    ...entries.slice(4_100),
    last!,
  ];
  await writeFile(path, envelope(document));
  expect(await source.sync()).toMatchObject({
    outcome: 'changed',
    counts: { entries: 6_000, added: 6_000, rejected: 3 },
  });
  const { entries: servedCount } = (await source.sync({ force: true })).counts;
  expect(servedCount).toBe(6_000);
});

test('a touched file is not staged, and the next check recognizes it', async ({ path, source }) => {
  await writeFile(path, envelope([ONE]));
  await source.sync();
  const revision = await revisionOf(source.database);
  await utimes(path, new Date(), new Date(Date.now() + 5_000));
  expect(await source.check()).toBe('maybe');
  expect(await source.sync()).toMatchObject({ snapshot: 'unchanged', outcome: 'unchanged', counts: { removed: 0 } });
  expect(await source.check()).toBe('nothing');
  expect(await revisionOf(source.database)).toBe(revision);
  expect((await source.row()).envelope).toContain('last_updated');
});

test('a forced sync of the same file stages it and changes nothing', async ({ path, source }) => {
  await writeFile(path, envelope([ONE, TWO]));
  await source.sync();
  const revision = await revisionOf(source.database);
  expect(await source.sync({ force: true })).toMatchObject({
    snapshot: 'staged',
    outcome: 'unchanged',
    counts: { entries: 2, added: 0, changed: 0, removed: 0 },
  });
  expect(await revisionOf(source.database)).toBe(revision);
});

test('a changed filter counts as a change, a changed interval doesn’t', async ({ path, source }) => {
  await writeFile(path, envelope([ONE, TWO]));
  await source.sync();
  await source.redefine({ syncPolicy: { ...source.definition.syncPolicy, intervalMs: 5_000 } });
  expect(await source.check()).toBe('nothing');

  await source.redefine({ filter: { names: { exclude: ['*two'] } } });
  expect(await source.check()).toBe('maybe');
  expect(await source.sync()).toMatchObject({ counts: { entries: 1, removed: 1 } });
  expect(await source.served()).toEqual(['com.example/one@1.0.0']);
});

test('a mounted ConfigMap, which changes by redirecting a link, is followed', async ({ folder, path, source }) => {
  for (const [version, servers] of [
    ['v1', [ONE]],
    ['v2', [ONE, TWO]],
  ] as const) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'registry.json'), envelope(servers));
  }
  await symlink('v1', join(folder, '..data'));
  await symlink(join('..data', 'registry.json'), path);
  await source.sync();
  expect(await source.check()).toBe('nothing');

  await symlink('v2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  expect(await source.check()).toBe('maybe');
  await source.sync();
  expect(await source.served()).toEqual(['com.example/one@1.0.0', 'com.example/two@1.0.0']);
});

test('a missing file fails without retries, and earlier entries are still served', async ({ path, source }) => {
  await writeFile(path, envelope([ONE]));
  await source.sync();
  await rm(path);
  const failure = await source.failedSync();
  expect(failure).toMatchObject({ type: 'UpstreamNotFound', message: `there is no file ${path}`, nonRetryable: true });
  expect(await source.served()).toEqual(['com.example/one@1.0.0']);
});

test('a folder instead of the file is reported as such', async ({ path, source }) => {
  await mkdir(path);
  expect(await source.failedSync()).toMatchObject({ type: 'UpstreamNotFound', message: `${path} is not a file` });
});

test('an empty document removes nothing unless the sync is forced', async ({ path, source }) => {
  await writeFile(path, envelope([ONE, TWO]));
  await source.sync();
  await writeFile(path, envelope([]));
  expect(await source.failedSync()).toMatchObject({ type: 'EmptySnapshot', nonRetryable: true });
  expect(await source.served()).toHaveLength(2);
  // The failed sync left no state that would make the next one skip the file.
  expect(await source.failedSync()).toMatchObject({ type: 'EmptySnapshot' });
  expect(await source.sync({ force: true })).toMatchObject({ counts: { removed: 2 } });
  expect(await source.served()).toEqual([]);
});

test('a YAML file is accepted too', async ({ database, folder }) => {
  const yaml = join(folder, 'registry.yaml');
  const origin = { kind: 'file', location: { path: yaml } } as const;
  const source = await SourceUnderTest.of(database, origin, { format: 'toolhive' });
  await writeFile(
    yaml,
    `# our servers
version: "1.0.0"
last_updated: "2026-01-01T00:00:00Z"
servers:
  fetch:
    description: Fetches
    image: example.com/fetch:1
    transport: stdio
`,
  );
  expect(await source.sync()).toMatchObject({ counts: { entries: 1, rejected: 0 } });
  expect(await source.served()).toEqual(['io.github.stacklok/fetch@1.0.0']);
});
