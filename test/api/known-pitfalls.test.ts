/** Known mistakes of similar registries that no other test covers. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type Item, label, labels, readJson, readPage } from './items.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

const api = await startApiOnFreshDatabase();

afterAll(() => api.stop());
beforeEach(() => useSources(api.database, source('alpha')));

const become = (running: RunningApi, ...names: readonly string[]): Promise<unknown> =>
  sync(running.database, {
    sourceName: 'alpha',
    entries: names.map((name) => draft(name, '1.0.0')),
    apply: { force: true },
  });

test('a name whose versions are all gone is neither listed, found, nor counted', async () => {
  await become(api, 'com.example/gone', 'com.example/stays');
  await become(api, 'com.example/stays');
  expect(labels(await readPage(api, '/v0.1/servers?version=latest'))).toEqual(['com.example/stays@1.0.0']);
  expect((await api.get('/v0.1/servers/com.example%2Fgone/versions')).status).toBe(404);
  const { syncStatus } = await readJson<{ syncStatus: unknown }>(api, '/extension/v0/registries/default');
  expect(syncStatus).toMatchObject({ serverCount: 1 });
});

test('inline data is served; a duplicate is rejected alone; servers that share a package are not duplicates', async () => {
  const packages = [{ registryType: 'npm', identifier: 'shared', version: '1.0.0', transport: { type: 'stdio' } }];
  const server = (name: string): object => ({ name, description: 'Shares', version: '1.0.0', packages });
  const data = JSON.stringify(['a', 'b', 'a', 'c'].map((name) => server(`com.example/${name}`)));
  const inline = await SourceUnderTest.of(api.database, { kind: 'file', location: { data } });
  const { counts } = await inline.sync();
  expect(counts).toMatchObject({ added: 3, rejected: 1 });
  expect((await readPage(api, '/v0.1/servers')).servers.map(label)).toEqual(
    ['a', 'b', 'c'].map((name) => `com.example/${name}@1.0.0`),
  );
});

test('packages, icons, and variables of remotes are served in order and complete', async () => {
  const document = {
    name: 'com.example/whole',
    description: 'Has everything',
    version: '1.0.0',
    icons: [{ src: 'https://example.com/icon.png', theme: 'dark' }],
    packages: ['z', 'a', 'm'].map((identifier) => ({ registryType: 'npm', identifier, transport: { type: 'stdio' } })),
    remotes: [{ type: 'sse', url: 'https://{region}.example.com', variables: { region: { choices: ['eu', 'us'] } } }],
    _meta: { 'com.example/own': { kept: true } },
  };
  await sync(api.database, {
    sourceName: 'alpha',
    entries: [draft(document.name, document.version, { document: JSON.stringify(document) })],
    apply: { force: true },
  });
  const { server } = await readJson<Item>(api, '/v0.1/servers/com.example%2Fwhole/versions/latest');
  expect(JSON.stringify(server)).toBe(JSON.stringify(document));
});
