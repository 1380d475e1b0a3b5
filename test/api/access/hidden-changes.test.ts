/** Callers notice nothing of changes that they can't see. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import type { EntryDraft } from '../../../registry/entry.ts';
import { SKILL_KINDS } from '../../../registry/entry-kind.ts';
import { draft, skillDraft, source, sync } from '../../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { eventually } from '../../eventually.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { oauth, type ProtectedApi, startProtectedApi } from './protected-api.ts';

const ORG = { org: 'acme' };
const TEAM = { team: 'a' };

const SHOWN = '/registry/main/v0.1/servers/com.example%2Fshown';
const PAGES = [
  '/registry/main/v0.1/servers',
  '/registry/main/v0.1/servers?limit=1',
  `${SHOWN}/versions`,
  `${SHOWN}/versions/latest`,
  ...['/skills', '/skills?search=shown', '/plugins/com.example/shown', '/plugins/com.example/shown/versions'].map(
    (path) => `/registry/main/v0.1/x/dev.toolhive${path}`,
  ),
];
const EXPORTS = [
  '/registry/main/registry.json',
  '/registry/main/upstream-registry.json',
  '/registry/main/servers.json',
  '/api/v1/registry',
];
const STATES = ['/extension/v0/registries', '/extension/v0/registries/main'];
const DEFINITIONS = ['/v1/registries', '/v1/registries/main', '/trpc/registries.list', '/api/v0/servers'];
const PATHS = [...PAGES, ...EXPORTS, ...STATES, ...DEFINITIONS];

let provider: IdentityProvider;
let database: TestDatabase;
let api: ProtectedApi;
/** Only the insider is in the team. */
let insider: string;
let outsider: string;
beforeAll(async () => {
  [provider, database] = await Promise.all([startIdentityProvider(), createTestDatabase()]);
  await storeConfiguration(database.database, {
    sources: [source('shown'), source('hidden')],
    sourceClaims: { shown: ORG, hidden: TEAM },
    registries: [{ name: 'main', access: 'protected', sources: ['shown', 'hidden'], claims: ORG }],
    defaultRegistry: 'main',
  });
  await syncVersions('shown', '1.0.0');
  await syncVersions('hidden', '1.0.0');
  const none = { superAdmin: [], manageSources: [], manageRegistries: [], manageEntries: [] };
  api = await startProtectedApi(database, oauth(provider, { authz: { roles: none } }));
  insider = await provider.token({ sub: 'insider', ...ORG, ...TEAM });
  outsider = await provider.token({ sub: 'outsider', ...ORG });
});
afterAll(async () => {
  await api.stop();
  await Promise.all([provider.stop(), database.drop()]);
});

async function syncVersions(name: 'shown' | 'hidden', ...versions: readonly string[]): Promise<void> {
  const entries = versions.flatMap((version): EntryDraft[] => {
    const packages = [{ registryType: 'oci', identifier: `ghcr.io/example/${name}:${version}` }];
    const document = { name: `com.example/${name}`, description: 'A server', version, packages };
    return [
      draft(document.name, version, { document: JSON.stringify(document) }),
      ...SKILL_KINDS.map((kind) => skillDraft(kind, [document.name, version])),
    ];
  });
  await sync(database.database, { sourceName: name, entries });
}

/** The list is answered from memory until the API has heard of a change, unlike a version that wasn't asked for before. */
const isListed = (token: string, name: string, version: string) => async (): Promise<boolean> => {
  const list = await (await api.withToken(token, '/registry/main/v0.1/servers')).text();
  return list.includes(`ghcr.io/example/${name}:${version}`);
};

/** The parts of an answer that a caller can notice, and whether it still has the entity tag `tag`. */
async function told(path: string, tag: string | null): Promise<object> {
  const headers = { authorization: `Bearer ${outsider}` };
  const response = await api.get(path, { headers });
  const text = await response.text();
  const sent = Object.fromEntries([...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name)));
  const again = tag === null ? null : await api.get(path, { headers: { ...headers, 'if-none-match': tag } });
  return { status: response.status, sent, text, again: again?.status };
}

const tagOf = async (path: string): Promise<string | null> => (await api.withToken(outsider, path)).headers.get('etag');
const allTold = async (tags: ReadonlyMap<string, string | null>): Promise<object[]> =>
  await Promise.all(PATHS.map((path) => told(path, tags.get(path) ?? null)));

test('a hidden change changes no answer, entity tag, or date, and a visible one does', async () => {
  const tags = new Map(await Promise.all(PATHS.map(async (path) => [path, await tagOf(path)] as const)));
  const before = await allTold(tags);
  expect(before).toEqual(PATHS.map(() => expect.objectContaining({ status: 200 }) as unknown));
  for (const path of PAGES) {
    expect(before[PATHS.indexOf(path)]).toMatchObject({ again: 304, sent: { etag: tags.get(path) } });
  }

  await syncVersions('hidden', '1.0.0', '2.0.0');
  await eventually(isListed(insider, 'hidden', '2.0.0'), 'the hidden change is known');
  expect(await allTold(tags)).toEqual(before);

  await syncVersions('shown', '1.0.0', '2.0.0');
  await eventually(isListed(outsider, 'shown', '2.0.0'), 'the visible change is known');
  const after = await allTold(tags);
  for (const path of PAGES) {
    expect(after[PATHS.indexOf(path)]).toMatchObject({
      again: 200,
      sent: { etag: expect.not.stringMatching(tags.get(path)!) as string },
    });
  }
  const lastUpdated = (all: object[], path: string): unknown =>
    /"(?:last_updated|updatedAt)":"([^"]+)"/.exec((all[PATHS.indexOf(path)] as { text: string }).text)?.[1];
  for (const path of [EXPORTS[0]!, EXPORTS[1]!, EXPORTS[3]!, ...STATES]) {
    expect(String(lastUpdated(after, path)) > String(lastUpdated(before, path))).toBe(true);
  }
});

test('exports have an entity tag only for callers who see everything', async () => {
  const open = await startProtectedApi(database, oauth(provider));
  try {
    for (const path of EXPORTS) {
      const tag = (await open.withToken(outsider, path)).headers.get('etag') ?? '';
      const headers = { authorization: `Bearer ${outsider}`, 'if-none-match': tag };
      expect((await open.get(path, { headers })).status).toBe(304);
      expect(await tagOf(path)).toBe(null);
    }
  } finally {
    await open.stop();
  }
});
