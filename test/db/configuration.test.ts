import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { createRegistry, deleteRegistry, updateRegistry } from '../../db/configuration/created-registries.ts';
import { createSource, detachSource, updateSource } from '../../db/configuration/created-sources.ts';
import { listRegistries } from '../../db/configuration/registries.ts';
import {
  countEntriesOf,
  deleteDetachedSource,
  findManagedSource,
  findSource,
  listSources,
} from '../../db/configuration/sources.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { NOTHING_WRITTEN, rowsWrittenBy } from './rows-written.ts';
import { draft, entriesOf, labels, revisionOf, source, sync, useSources } from './sync-source.ts';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
});
afterEach(async () => {
  await target.drop();
});

const shared = draft('com.example/shared', '1.0.0');
const [first, second] = [source('first'), source('second')];

async function syncBoth(): Promise<void> {
  await sync(target.database, { sourceName: 'first', entries: [shared, draft('com.example/a', '1.0.0')] });
  await sync(target.database, { sourceName: 'second', entries: [shared, draft('com.example/b', '1.0.0')] });
}

async function countedSource(name: string): Promise<unknown> {
  const sources = (await listSources(target.database)).filter((row) => row.name === name);
  return (await countEntriesOf(target.database, sources))[0];
}

test('the default registry shows all sources in order, unless the file defines a registry with its name', async () => {
  await useSources(target.database, first, second);
  expect(await listRegistries(target.database)).toMatchObject([
    { name: 'default', isDefault: true, sources: ['first', 'second'] },
  ]);
  await storeConfiguration(target.database, {
    sources: [first, second],
    registries: [{ name: 'team', sources: ['second'] }],
    defaultRegistry: 'team',
  });
  expect(await listRegistries(target.database)).toMatchObject([{ name: 'team', isDefault: true, sources: ['second'] }]);
});

test('a source can be in several registries, each with its own order', async () => {
  await storeConfiguration(target.database, {
    sources: [first, second],
    registries: [
      { name: 'forwards', sources: ['first', 'second'] },
      { name: 'backwards', sources: ['second', 'first'] },
    ],
    defaultRegistry: 'forwards',
  });
  await syncBoth();
  const owner = async (registry: string): Promise<string[]> =>
    labels(await entriesOf(target.database, { registry, search: 'shared' }));
  expect(await owner('forwards')).toEqual(['com.example/shared@1.0.0 from first']);
  expect(await owner('backwards')).toEqual(['com.example/shared@1.0.0 from second']);
});

test('the same configuration again writes nothing', async () => {
  await useSources(target.database, first, second);
  await syncBoth();
  const written = await rowsWrittenBy(target.database, async () => await useSources(target.database, first, second));
  expect(written).toEqual(NOTHING_WRITTEN);
});

test('a different order moves names that both have, and raises the revision', async () => {
  await useSources(target.database, first, second);
  await syncBoth();
  const revision = await revisionOf(target.database);
  const since = new Date().toISOString();
  const written = await rowsWrittenBy(target.database, async () => await useSources(target.database, second, first));
  expect(written).toMatchObject({ entry: 0, server_owner: 1, registry: 1 });
  expect(await revisionOf(target.database)).toBe(revision + 1);
  expect(labels(await entriesOf(target.database))).toEqual([
    'com.example/a@1.0.0 from first',
    'com.example/b@1.0.0 from second',
    'com.example/shared@1.0.0 from second',
  ]);
  expect(labels(await entriesOf(target.database, { updatedSince: since }))).toEqual([
    'com.example/shared@1.0.0 from second',
  ]);
});

test('a source that leaves the file is unserved at once, and erased when its actor has ended', async () => {
  await useSources(target.database, first, second);
  await syncBoth();
  expect(
    await storeConfiguration(target.database, { sources: [second], registries: [], defaultRegistry: 'default' }),
  ).toEqual({ removed: ['first'], detached: [] });
  expect(labels(await entriesOf(target.database))).toEqual([
    'com.example/b@1.0.0 from second',
    'com.example/shared@1.0.0 from second',
  ]);
  expect((await findSource(target.database, 'first'))?.detachedAt).not.toBeNull();
  await deleteDetachedSource(target.database, 'first');
  await deleteDetachedSource(target.database, 'first');
  expect((await listSources(target.database)).map(({ name }) => name)).toEqual(['second']);
});

test('a source that returns to the file before its actor has ended keeps its entries', async () => {
  await useSources(target.database, first, second);
  await syncBoth();
  await useSources(target.database, second);
  await useSources(target.database, first, second);
  await deleteDetachedSource(target.database, 'first');
  expect(await countedSource('first')).toMatchObject({ detachedAt: null, entryCount: 2 });
});

test('a managed source that leaves the file keeps its entries, and serves them when it returns', async () => {
  const published = source('published', 'managed');
  await useSources(target.database, first, published);
  await sync(target.database, { sourceName: 'published', entries: [draft('com.example/own', '1.0.0')] });
  expect(await findManagedSource(target.database, 'default')).toMatchObject({ name: 'published' });
  expect(await countedSource('published')).toMatchObject({ entryCount: 1 });

  const departed = await storeConfiguration(target.database, {
    sources: [first],
    registries: [],
    defaultRegistry: 'default',
  });
  expect(departed).toEqual({ removed: [], detached: ['published'] });
  expect(await findManagedSource(target.database, 'default')).toBeNull();
  expect(await entriesOf(target.database)).toEqual([]);

  await useSources(target.database, first, published);
  expect(labels(await entriesOf(target.database))).toEqual(['com.example/own@1.0.0 from published']);
});

describe('a source created through the API with a name that the file begins to use', () => {
  const createdBefore = { definition: second, claims: { team: 'guests' } };

  test('becomes the file’s, with its entries and the claims in the file', async () => {
    await useSources(target.database, first);
    await createSource(target.database, createdBefore);
    await createRegistry(target.database, { name: 'team', sources: ['second'], access: 'public', claims: null });
    await syncBoth();
    await storeConfiguration(target.database, {
      sources: [first, { ...second, filter: { names: { include: ['com.example/*'] } } }],
      registries: [{ name: 'team', sources: ['first'], claims: { team: 'staff' } }],
      sourceClaims: { second: { team: 'staff' } },
      defaultRegistry: 'default',
    });
    expect(await countedSource('second')).toMatchObject({
      origin: 'file',
      entryCount: 2,
      claims: { team: 'staff' },
      definition: { filter: { names: { include: ['com.example/*'] } } },
    });
    expect((await listRegistries(target.database)).find(({ name }) => name === 'team')).toMatchObject({
      origin: 'file',
      sources: ['first'],
      access: 'protected',
      claims: { team: 'staff' },
    });
    await expect(updateSource(target.database, createdBefore)).rejects.toThrow('There is no source "second" that was');
    await expect(detachSource(target.database, 'second')).rejects.toThrow('There is no source "second" that was');
    expect(await deleteRegistry(target.database, 'team')).toBe(false);
  });

  test('of another kind prevents the start, because its entries would be lost', async () => {
    await useSources(target.database, first);
    await createSource(target.database, { definition: source('second', 'managed'), claims: null });
    await expect(useSources(target.database, first, second)).rejects.toThrow(
      'The configuration has a source "second" of kind file, but the admin API has created one of kind managed',
    );
    await expect(findSource(target.database, 'second')).resolves.toMatchObject({ origin: 'api', kind: 'managed' });
  });

  test('can’t take a name of the file', async () => {
    await useSources(target.database, first, second);
    await expect(createSource(target.database, createdBefore)).rejects.toThrow(
      'A source named "second" already exists.',
    );
    const registry = { name: 'default', sources: ['second'], access: 'public', claims: null } as const;
    expect(await createRegistry(target.database, registry)).toBe(false);
    expect(await updateRegistry(target.database, registry)).toBe(false);
  });
});

test('several processes that start at once agree', async () => {
  await Promise.all([1, 2, 3, 4].map(async () => await useSources(target.database, first, second)));
  expect(await listRegistries(target.database)).toMatchObject([{ revision: 2, sources: ['first', 'second'] }]);
});

test('syncs and a concurrent reordering leave every name with the right owner', async () => {
  await useSources(target.database, first, second);
  for (let round = 1; round <= 8; round++) {
    const entries = [draft('com.example/shared', `${round}.0.0`), draft(`com.example/new-${round}`, '1.0.0')];
    const order = round % 2 === 0 ? [first, second] : [second, first];
    await Promise.all([
      sync(target.database, { sourceName: 'first', entries, apply: { force: true } }),
      sync(target.database, { sourceName: 'second', entries, apply: { force: true } }),
      useSources(target.database, ...order),
    ]);
    const owners = new Set((await entriesOf(target.database)).map(({ sourceName }) => sourceName));
    expect([...owners]).toEqual([order[0]?.name]);
  }
});
