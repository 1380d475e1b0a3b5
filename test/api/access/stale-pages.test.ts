/** Cached pages while the database is unavailable: callers get what they could read before, and no more. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import { openDatabase, QUICK_REFUSAL } from '../../../db/connection/database.ts';
import { draft, source, sync } from '../../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { eventually } from '../../eventually.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { type Gate, openGate } from '../gate.ts';
import { labels, type Page } from '../items.ts';
import { oauth, type ProtectedApi, startProtectedApi } from './protected-api.ts';

const TEAM = { team: 'a' };
const NO_ROLES = { superAdmin: [], manageSources: [], manageRegistries: [], manageEntries: [] };
const SHARED = '/registry/shared/v0.1/servers';
const TEAM_ONLY = '/registry/team/v0.1/servers';

let provider: IdentityProvider;
let registries: TestDatabase;
let postgres: Gate;
let api: ProtectedApi;

beforeAll(async () => {
  [provider, registries] = await Promise.all([startIdentityProvider(), createTestDatabase()]);
  await storeConfiguration(registries.database, {
    sources: [source('open'), source('secret')],
    sourceClaims: { secret: TEAM },
    registries: [
      { name: 'shared', sources: ['open', 'secret'], access: 'public' },
      { name: 'team', sources: ['secret'], claims: TEAM },
    ],
    defaultRegistry: 'shared',
  });
  for (const name of ['open', 'secret']) {
    await sync(registries.database, { sourceName: name, entries: [draft(`com.example/${name}`, '1.0.0')] });
  }
  postgres = await openGate(registries.settings.host, registries.settings.port);
  const settings = { ...registries.settings, host: '127.0.0.1', port: postgres.port };
  const authz = { roles: NO_ROLES };
  api = await startProtectedApi(
    { ...registries, settings, database: await openDatabase(settings, QUICK_REFUSAL) },
    oauth(provider, { authz }),
  );
});
afterAll(async () => {
  postgres.thaw();
  await api.stop();
  await api.database.close();
  await postgres.close();
  await registries.drop();
  await provider.stop();
});

const labelsIn = async (response: Response): Promise<readonly string[]> => labels((await response.json()) as Page);

test('a caller without a claim is never served the stale page of a caller with it', async () => {
  const [member, other] = await Promise.all([provider.token(TEAM), provider.token({ team: 'b' })]);
  const everything = ['com.example/open@1.0.0', 'com.example/secret@1.0.0'];
  expect(await labelsIn(await api.withToken(member, SHARED))).toEqual(everything);
  expect(await labelsIn(await api.withToken(member, TEAM_ONLY))).toEqual(['com.example/secret@1.0.0']);

  postgres.freeze();
  await eventually(
    async () => (await api.withToken(member, SHARED)).headers.get('age') !== null,
    'the page is served as stale',
  );

  expect(await labelsIn(await api.withToken(member, SHARED))).toEqual(everything);
  expect((await api.withToken(member, TEAM_ONLY)).status).toBe(200);
  // The cache has nothing for callers who see less.
  expect((await api.withToken(other, SHARED)).status).toBe(503);
  expect((await api.get(SHARED)).status).toBe(503);
  expect((await api.withToken(other, TEAM_ONLY)).status).toBe(404);
  expect((await api.get(TEAM_ONLY)).status).toBe(401);
  const tag = (await api.withToken(member, SHARED)).headers.get('etag') ?? '';
  const conditional = { authorization: `Bearer ${other}`, 'if-none-match': tag };
  expect((await api.get(SHARED, { headers: conditional })).status).toBe(503);
});
