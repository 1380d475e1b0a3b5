/** Answers about a registry reveal nothing about sources and registries that the caller can't see. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import { draft, source, sync } from '../../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { oauth, type ProtectedApi, startProtectedApi } from './protected-api.ts';

const ORG = { org: 'acme' };
const TEAM = { team: 'a' };
const ROLE = { role: 'manager' };

let provider: IdentityProvider;
let database: TestDatabase;
let api: ProtectedApi;
/** Only the insider is in the team. */
let insider: string;
let outsider: string;
beforeAll(async () => {
  [provider, database] = await Promise.all([startIdentityProvider(), createTestDatabase()]);
  const [managed, own, secret] = ['published', 'own', 'secret'].map((name) => source(name, 'managed'));
  await storeConfiguration(database.database, {
    sources: [source('shown'), source('hidden'), source('untagged'), managed!, own!, secret!],
    sourceClaims: { shown: ORG, hidden: TEAM, published: ORG, own: ORG, secret: TEAM },
    registries: [
      { name: 'main', access: 'protected', sources: ['shown', 'hidden', 'untagged'], claims: ORG },
      { name: 'open', access: 'public', sources: ['untagged'] },
      { name: 'team', access: 'protected', sources: ['hidden'], claims: TEAM },
      { name: 'to-publish', access: 'protected', sources: ['published'], claims: ORG },
      { name: 'to-own', access: 'protected', sources: ['own'], claims: ORG },
      { name: 'not-seen', access: 'protected', sources: ['published'], claims: TEAM },
      { name: 'not-writable', access: 'protected', sources: ['secret'], claims: ORG },
    ],
    defaultRegistry: 'main',
  });
  await sync(database.database, { sourceName: 'shown', entries: [draft('com.example/shown', '1.0.0')] });
  await sync(database.database, {
    sourceName: 'hidden',
    entries: [draft('com.example/hidden', '1.0.0')],
    apply: { envelope: JSON.stringify({ groups: [{ name: 'the-hidden-group', description: '' }] }) },
  });
  const managers = [ROLE];
  const roles = { superAdmin: [], manageSources: managers, manageRegistries: managers, manageEntries: managers };
  api = await startProtectedApi(database, oauth(provider, { authz: { roles } }));
  insider = await provider.token({ sub: 'insider', ...ORG, ...ROLE, ...TEAM });
  outsider = await provider.token({ sub: 'outsider', ...ORG, ...ROLE });
});
afterAll(async () => {
  await api.stop();
  await Promise.all([provider.stop(), database.drop()]);
});

test.each(['/registry/main/registry.json', '/registry/main/upstream-registry.json', '/api/v1/registry'])(
  'the groups of a hidden source are not exported: %s',
  async (path) => {
    expect(await (await api.withToken(insider, path)).text()).toContain('the-hidden-group');
    const response = await api.withToken(outsider, path);
    expect([response.status, await response.text()]).toEqual([200, expect.not.stringContaining('hidden')]);
  },
);

test.each(['/v1/sources', '/trpc/sources.list', '/extension/v0/registries', '/extension/v0/registries/main'])(
  'a hidden source is not listed: %s',
  async (path) => {
    expect(await (await api.withToken(insider, path)).text()).toContain('"hidden"');
    const response = await api.withToken(outsider, path);
    expect([response.status, await response.text()]).toEqual([200, expect.not.stringContaining('"hidden"')]);
  },
);

test('a source without claims is only listed in public registries', async () => {
  const sourcesOf = async (registry: string): Promise<string[]> => {
    const response = await api.withToken(insider, `/extension/v0/registries/${registry}`);
    const { sources } = (await response.json()) as { sources: { name: string }[] };
    return sources.map(({ name }) => name);
  };
  expect(await sourcesOf('main')).toEqual(['shown', 'hidden']);
  expect(await sourcesOf('open')).toEqual(['untagged']);
});

test.each(['/v1/registries', '/trpc/registries.list', '/extension/v0/registries'])(
  'a hidden registry is not listed: %s',
  async (path) => {
    expect(await (await api.withToken(insider, path)).text()).toContain('"team"');
    const response = await api.withToken(outsider, path);
    expect([response.status, await response.text()]).toEqual([200, expect.not.stringContaining('"team"')]);
  },
);

test('the counts of the installation are those of what the caller sees', async () => {
  const countsFor = async (token: string): Promise<unknown> => {
    const answer = (await (await api.withToken(token, '/trpc/system.info')).json()) as { result: { data: object } };
    return answer.result.data;
  };
  expect(await countsFor(insider)).toMatchObject({ counts: { sources: 5, registries: 7, entries: 2 } });
  expect(await countsFor(outsider)).toMatchObject({ counts: { sources: 3, registries: 5, entries: 1 } });
});

test('if a registry must be named, only those that the caller sees and can publish to are offered', async () => {
  const publish = async (token: string): Promise<unknown> => {
    const response = await api.send('POST', '/v1/entries', {
      body: { server: { name: 'com.example/new', version: '1.0.0', description: 'A server' }, claims: ORG },
      headers: { authorization: `Bearer ${token}` },
    });
    return [response.status, await response.json()];
  };
  expect(await publish(outsider)).toEqual([
    400,
    { error: 'Several registries can be published to: name one of "to-own", "to-publish"' },
  ]);
  expect(await publish(insider)).toEqual([
    400,
    {
      error: 'Several registries can be published to: name one of "not-seen", "not-writable", "to-own", "to-publish"',
    },
  ]);
});
