/** A name that several sources have: a registry always shows it from exactly one of them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await showInOrder('first', 'second', 'third');
  for (const [sourceName, version] of [
    ['first', '2.0.0'],
    ['second', '1.0.0'],
    ['third', '3.0.0'],
  ] as const) {
    await sync(api.database, { sourceName, entries: [entryOf(sourceName, version), entryOf(sourceName, '1.5.0')] });
  }
});
afterAll(() => api.stop());

const NAME = 'com.example/contested';

function entryOf(sourceName: string, version: string): EntryDraft {
  const description = `of ${sourceName}`;
  const packages = [{ registryType: 'oci', identifier: `ghcr.io/example/${sourceName}`, transport: { type: 'stdio' } }];
  const document = JSON.stringify({ name: NAME, version, description, packages });
  return draft(NAME, version, { document, description });
}

async function showInOrder(...sources: readonly string[]): Promise<void> {
  await storeConfiguration(api.database, {
    sources: ['first', 'second', 'third'].map((name) => source(name)),
    registries: [
      { name: 'default', sources },
      { name: 'other', sources: ['third', 'first'] },
    ],
    defaultRegistry: 'default',
  });
}

const SERVER = `servers/${encodeURIComponent(NAME)}`;
const READS = [
  'v0.1/servers',
  'v0.1/servers?version=latest',
  'v0.1/servers?version=1.5.0',
  'v0.1/servers?search=contested',
  'v0.1/servers?limit=1',
  'v0.1/servers?updated_since=2020-01-01T00:00:00Z',
  `v0.1/${SERVER}`,
  `v0.1/${SERVER}/versions`,
  `v0.1/${SERVER}/versions/latest`,
  `v0.1/${SERVER}/versions/1.5.0`,
  'servers.json',
  'upstream-registry.json',
  'registry.json',
].map((path) => `/registry/default/${path}`);
const OF_DEFAULT = [...READS, '/api/v0/servers', `/api/v0/${SERVER}`, '/api/v1/registry', `/v0/${SERVER}`];

/** The sources of the entries in the answer. */
async function ownersAt(path: string): Promise<string[]> {
  const text = await (await api.get(path)).text();
  return [...new Set([...text.matchAll(/"of (\w+)"/g)].map(([, name = '']) => name))];
}

async function expectOwner(owner: string): Promise<void> {
  await eventually(async () => (await ownersAt(READS[0]!)).join() === owner, `${owner} owns the name`);
  const owners = await Promise.all(OF_DEFAULT.map(async (path) => ({ path, owners: await ownersAt(path) })));
  expect(owners).toEqual(OF_DEFAULT.map((path) => ({ path, owners: [owner] })));
}

test('the first source in the registry’s order that has it', async () => {
  await expectOwner('first');
  expect(await ownersAt('/registry/other/v0.1/servers')).toEqual(['third']);
});

test('versions don’t mix: those of other sources are not found', async () => {
  expect((await api.get(`/v0.1/${SERVER}/versions/1.0.0`)).status).toBe(404);
  expect((await api.get(`/v0.1/${SERVER}/versions/3.0.0`)).status).toBe(404);
});

test('after a change of the order another source', async () => {
  await showInOrder('second', 'third', 'first');
  await expectOwner('second');
});

test('after a source has left the registry the next one that has it', async () => {
  await showInOrder('third', 'first');
  await expectOwner('third');
  await showInOrder('first');
  await expectOwner('first');
});

test('after a source has lost the name the next one, and the source again when the name is back', async () => {
  await showInOrder('second', 'first');
  const become = (...entries: EntryDraft[]): Promise<unknown> =>
    sync(api.database, { sourceName: 'second', entries, apply: { force: true } });
  await become(draft('com.example/else', '1.0.0'));
  await expectOwner('first');
  await become(draft('com.example/else', '1.0.0'), entryOf('second', '1.0.0'), entryOf('second', '1.5.0'));
  await expectOwner('second');
});
