/** ToolHive's own command-line tool, unmodified, against the registry API. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SourceUnderTest } from '../activities/source-under-test.ts';
import { source, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { startIdentityProvider } from '../identity-provider.ts';
import { memberOf } from '../../registry/json.ts';
import { TOOLHIVE_DOCUMENT } from '../registry/toolhive-fixture.ts';
import { oauth, startProtectedApi } from './access/protected-api.ts';
import { THV } from '../go-program.ts';
import { startApi } from './running-api.ts';
import { startThvHome, type ThvHome } from './thv-home.ts';

/** More than the hundred that it requests at once. */
const OTHERS = Array.from({ length: 120 }, (_, index) => ({
  name: `com.example/server-${String(index).padStart(3, '0')}`,
  description: 'One of many',
  version: '1.0.0',
  packages: [{ registryType: 'oci', identifier: `ghcr.io/example/server:${index}`, transport: { type: 'stdio' } }],
}));
const WEATHER = 'io.github.stacklok/weather';

let testDatabase: TestDatabase;
let home: ThvHome;
let cleanUp: (() => unknown)[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  const definitions = Object.entries({ toolhive: TOOLHIVE_DOCUMENT, others: OTHERS }).map(([name, document]) => ({
    ...source(name),
    origin: { kind: 'file', location: { data: JSON.stringify(document) } } as const,
  }));
  await useSources(database, ...definitions);
  for (const definition of definitions) await new SourceUnderTest(database, definition).sync();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  home = await startThvHome();
  cleanUp = [() => home.end()];
  return async () => {
    for (const step of cleanUp) await step();
  };
});

interface ShownServer {
  readonly name: string;
}
const namesIn = (json: string): string[] => (JSON.parse(json) as ShownServer[]).map(({ name }) => name);

const TIMEOUT = { timeout: THV.buildTimeoutMs + 60_000 };

test('thv accepts it as a registry, lists all of it, shows one server, and searches', TIMEOUT, async (context) => {
  const thv = await home.find(context);
  const api = await startApi(testDatabase);
  cleanUp.unshift(() => api.stop());
  await thv('config', 'set-registry', api.url, '--allow-private-ip');
  expect(await thv('config', 'get-registry')).toContain(api.url);

  const listed = namesIn(await thv('registry', 'list', '--format', 'json'));
  expect(listed).toEqual(
    expect.arrayContaining([WEATHER, 'io.github.stacklok/cloud', ...OTHERS.map(({ name }) => name)]),
  );

  // This information from the ToolHive file went through the registry's format and back.
  const { image, tools, env_vars, overview, tier, custom_metadata } = memberOf(
    memberOf(TOOLHIVE_DOCUMENT, 'servers'),
    'weather',
  );
  expect(JSON.parse(await thv('registry', 'info', WEATHER, '--format', 'json'))).toMatchObject({
    name: WEATHER,
    image,
    tools,
    env_vars,
    overview,
    tier,
    custom_metadata,
  });
  expect(await thv('search', 'forecast')).toContain('Found 1 servers matching query: forecast');
  await expect(thv('registry', 'info', 'com.example/absent')).rejects.toThrow('server not found: com.example/absent');
});

test(
  'thv also accepts the exported registry file as a registry, with all of its information',
  TIMEOUT,
  async (context) => {
    const thv = await home.find(context);
    const api = await startApi(testDatabase);
    cleanUp.unshift(() => api.stop());
    const file = `${api.url}/registry/default/upstream-registry.json`;
    await thv('config', 'set-registry', file, '--allow-private-ip');
    expect(await thv('config', 'get-registry')).toContain(file);

    const listed = namesIn(await thv('registry', 'list', '--format', 'json'));
    await thv('config', 'set-registry', api.url, '--allow-private-ip');
    const listedByApi = namesIn(await thv('registry', 'list', '--format', 'json'));
    expect(listed).toEqual(expect.arrayContaining([WEATHER, 'io.github.stacklok/cloud']));
    // It doesn't read groups of files.
    expect(listedByApi.filter((name) => !listed.includes(name)).toSorted()).toEqual([
      'io.github.stacklok/ingest',
      'io.github.stacklok/warehouse',
    ]);
  },
);

test('thv understands that a token is required, and sends the one that it has', TIMEOUT, async (context) => {
  const thv = await home.find(context);
  const provider = await startIdentityProvider();
  cleanUp.unshift(() => provider.stop());
  const api = await startProtectedApi(testDatabase, oauth(provider));
  cleanUp.unshift(() => api.stop());
  await thv('config', 'set-registry', api.url, '--allow-private-ip');
  await expect(thv('registry', 'list')).rejects.toThrow('registry authentication required');

  // It logs in with a browser. The token of an earlier login is in its secret store, which may be here.
  const key = createHash('sha256').update(`${api.url}\0${provider.issuer}`).digest('hex').slice(0, 8);
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const loggedIn = await home.find(context, {
    SSL_CERT_FILE: provider.caFile,
    TOOLHIVE_SECRETS_PROVIDER: 'environment',
    [`TOOLHIVE_SECRET___thv_registry_REGISTRY_OAUTH_${key}_AT`]: `${await provider.token()}|${inAnHour}`,
  });
  const login = ['--issuer', provider.issuer, '--client-id', 'thv'];
  await loggedIn('config', 'set-registry', api.url, '--allow-private-ip', ...login);
  expect(namesIn(await loggedIn('registry', 'list', '--format', 'json'))).toContain(WEATHER);
});
