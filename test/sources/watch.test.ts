import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import { expect } from 'vitest';
import { failingClearly } from '../../activities/failures.ts';
import { watch } from '../../activities/watch.ts';
import { test } from './file-source.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { activityEnvironment, SourceUnderTest } from '../activities/source-under-test.ts';

const ONE = envelope([serverJson('com.example/one')]);
const TWO = envelope([serverJson('com.example/one'), serverJson('com.example/two')]);

/** A running watch; `started` when it has sent its first heartbeat. */
function startWatch(source: SourceUnderTest) {
  const environment = activityEnvironment();
  const started = new Promise<void>((resolve) => environment.once('heartbeat', () => resolve()));
  const ended = environment.run(() =>
    failingClearly(() => watch(source.upstream, { sourceName: source.definition.name })),
  );
  return { started, ended, cancel: environment.cancel };
}

/** Which ends first; a watch that continues does so for longer than that. */
async function state(ended: Promise<unknown>): Promise<'ended' | 'watching'> {
  const patience = new Promise<'watching'>((resolve) => setTimeout(() => resolve('watching'), 700));
  return await Promise.race([ended.then(() => 'ended' as const), patience]);
}

test('ends when the file is written', async ({ path, source }) => {
  await writeFile(path, ONE);
  await source.sync();
  const { ended } = startWatch(source);
  expect(await state(ended)).toBe('watching');
  await writeFile(path, TWO);
  await ended;
  expect(await source.check()).toBe('maybe');
});

test('ends when another file is renamed into its place, and when a link is redirected', async ({
  database,
  folder,
  path,
  source,
}) => {
  await writeFile(path, ONE);
  await source.sync();
  const renamed = startWatch(source);
  expect(await state(renamed.ended)).toBe('watching');
  await writeFile(join(folder, 'new'), TWO);
  await rename(join(folder, 'new'), path);
  await renamed.ended;

  for (const version of ['v1', 'v2']) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'mounted.json'), version === 'v1' ? ONE : TWO);
  }
  await symlink('v1', join(folder, '..data'));
  await symlink(join('..data', 'mounted.json'), join(folder, 'mounted.json'));
  const mounted = await SourceUnderTest.of(database, {
    kind: 'file',
    location: { path: join(folder, 'mounted.json') },
  });
  await mounted.sync();
  const linked = startWatch(mounted);
  expect(await state(linked.ended)).toBe('watching');
  await symlink('v2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await linked.ended;
});

test('ends at once if the file changed before it began', async ({ path, source }) => {
  await writeFile(path, ONE);
  await source.sync();
  await writeFile(path, TWO);
  expect(await state(startWatch(source).ended)).toBe('ended');
});

test('waits for the next change of the file after a failed sync', async ({ path, source }) => {
  await writeFile(path, '{"broken":');
  await source.failedSync();
  const { ended } = startWatch(source);
  expect(await state(ended)).toBe('watching');
  await writeFile(path, ONE);
  await ended;
});

test('waits for a file that doesn’t exist yet', async ({ path, source }) => {
  await source.failedSync();
  const { ended } = startWatch(source);
  expect(await state(ended)).toBe('watching');
  await writeFile(path, ONE);
  await ended;
});

test('can be cancelled', async ({ path, source }) => {
  await writeFile(path, ONE);
  await source.sync();
  const { started, ended, cancel } = startWatch(source);
  await started;
  cancel();
  await expect(ended).rejects.toBeInstanceOf(CancelledFailure);
});
