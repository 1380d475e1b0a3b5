import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type Gate, openGate } from './gate.ts';
import { labels, readPage } from './items.ts';
import { eventually } from '../eventually.ts';
import { type RunningApi, startApi } from './running-api.ts';

let database: TestDatabase;
let api: RunningApi;
let postgres: Gate;

beforeEach(async () => {
  database = await createTestDatabase();
  postgres = await openGate(database.settings.host, database.settings.port);
  await useSources(database.database, source('alpha'));
  await sync(database.database, { sourceName: 'alpha', entries: [draft('com.example/weather', '1.0.0')] });
  // Changes are notified over a connection that a test can interrupt.
  api = await startApi({ ...database, settings: { ...database.settings, host: '127.0.0.1', port: postgres.port } });
  await eventually(async () => (await queriesOf('/v0.1/servers')) === 0, 'a page is served from memory');
});
afterEach(async () => {
  await api.stop();
  await postgres.close();
  await database.drop();
});

const LATEST = '/v0.1/servers/com.example%2Fweather/versions/latest';

async function queriesOf(path: string): Promise<number> {
  const before = api.queries();
  await (await api.get(path)).arrayBuffer();
  return api.queries() - before;
}
const publishElsewhere = (version: string): Promise<unknown> =>
  sync(database.database, {
    sourceName: 'alpha',
    entries: [draft('com.example/weather', '1.0.0'), draft('com.example/weather', version)],
  });
const isListed = async (version: string): Promise<boolean> =>
  labels(await readPage(api, '/v0.1/servers')).includes(`com.example/weather@${version}`);

test.each([
  ['a list', 1, '/v0.1/servers?limit=1'],
  ['a search that doesn’t fill a page', 1, '/v0.1/servers?search=weather'],
  ['the versions of a server', 1, '/v0.1/servers/com.example%2Fweather/versions'],
  ['the latest version', 1, LATEST],
])('%s makes %i queries when cold and none when warm', async (_, queries, path) => {
  expect(await queriesOf(path)).toBe(queries);
  expect(await queriesOf(path)).toBe(0);
  expect(await queriesOf(`${path}${path.includes('?') ? '&' : '?'}unknown=1`)).toBe(0);
});

test('many concurrent requests for a cold page cause one query', async () => {
  const before = api.queries();
  await Promise.all(Array.from({ length: 20 }, () => api.get(LATEST)));
  expect(api.queries() - before).toBe(1);
});

test('a 304 costs no query if the page is cached, and one if it isn’t', async () => {
  const tag = (await api.get(LATEST)).headers.get('etag') ?? '';
  const conditional = { headers: { 'if-none-match': tag } };
  const before = api.queries();
  expect((await api.get(LATEST, conditional)).status).toBe(304);
  expect(api.queries() - before).toBe(0);

  const other = await startApi(database);
  const otherBefore = other.queries();
  expect((await other.get(LATEST, conditional)).status).toBe(304);
  // At most one more query: the other process may still have to read the list of registries.
  expect(other.queries() - otherBefore).toBeLessThanOrEqual(2);
  await other.stop();
});

test('a write of another process is served soon, with one query and no polling', async () => {
  const before = api.queries();
  await publishElsewhere('2.0.0');
  await eventually(() => isListed('2.0.0'), 'the new version is listed');
  expect(await queriesOf('/v0.1/servers')).toBe(0);
  expect(api.queries() - before).toBe(1);
});

test('a change of one server leaves the pages of the others in memory, and a change of unknown extent does not', async () => {
  const weather = draft('com.example/weather', '1.0.0');
  const tides = '/v0.1/servers/com.example%2Ftides/versions/latest';
  const syncBoth = (version: string): Promise<unknown> =>
    sync(database.database, { sourceName: 'alpha', entries: [weather, draft('com.example/tides', version)] });
  await syncBoth('1.0.0');
  await eventually(async () => (await api.get(tides)).status === 200, 'the server is served');
  await eventually(async () => (await queriesOf(LATEST)) === 0, 'the page of the other server is in memory');

  await syncBoth('2.0.0');
  await eventually(async () => (await (await api.get(tides)).text()).includes('2.0.0'), 'the new version is served');
  expect(await queriesOf(LATEST)).toBe(0);
  await eventually(async () => (await queriesOf(tides)) === 0, 'the new version is in memory');

  // The other source takes the name over.
  await useSources(database.database, source('beta'), source('alpha'));
  await sync(database.database, { sourceName: 'beta', entries: [draft('com.example/weather', '9.0.0')] });
  await useSources(database.database, source('alpha'), source('beta'));
  await eventually(async () => !(await (await api.get(LATEST)).text()).includes('9.0.0'), 'the first source is served');
  expect(await queriesOf(tides)).toBeGreaterThan(0);
});

test('a registry that leaves the configuration disappears, and another default is served, without a restart', async () => {
  const sources = [source('alpha'), source('beta')];
  const registries = [
    { name: 'default', sources: ['alpha'] },
    { name: 'other', sources: ['beta'] },
  ];
  await storeConfiguration(database.database, { sources, registries, defaultRegistry: 'default' });
  await eventually(
    async () => (await api.get('/registry/other/v0.1/servers')).status === 200,
    'the registry is served',
  );
  await storeConfiguration(database.database, { sources, registries: [registries[1]!], defaultRegistry: 'other' });
  await eventually(
    async () => (await api.get('/registry/default/v0.1/servers')).status === 404,
    'the registry is gone',
  );
  expect((await readPage(api, '/v0.1/servers')).servers).toEqual([]);
});

test('a sync that finds nothing new keeps the page', async () => {
  const tag = (await api.get('/v0.1/servers')).headers.get('etag');
  await sync(database.database, { sourceName: 'alpha', entries: [draft('com.example/weather', '1.0.0')] });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await queriesOf('/v0.1/servers')).toBe(0);
  expect((await api.get('/v0.1/servers')).headers.get('etag')).toBe(tag);
});

test('while there are no notifications, each request looks for changes and finds them', async () => {
  postgres.shut();
  await publishElsewhere('2.0.0');
  expect(await isListed('2.0.0')).toBe(true);
  await publishElsewhere('3.0.0');
  expect(await isListed('3.0.0')).toBe(true);
  postgres.reopen();
  await publishElsewhere('4.0.0');
  await eventually(() => isListed('4.0.0'), 'the new version is listed');
  await eventually(async () => (await queriesOf('/v0.1/servers')) === 0, 'pages are served from memory again');
});
