/** Compares the entries that callers see with a simple statement of the rules. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import { recordDeployments } from '../../../db/entries/deployments.ts';
import type { Claims, HeldClaims } from '../../../registry/claims.ts';
import { SKILL_KINDS, type SkillKind } from '../../../registry/entry-kind.ts';
import type { Deployment } from '../../../registry/kubernetes/deployment.ts';
import type { SourceDefinition } from '../../../registry/source-definition.ts';
import { draft, skillDraft, source, sync } from '../../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { label, type Page } from '../items.ts';
import { eventually } from '../../eventually.ts';
import { oauth, type ProtectedApi, startProtectedApi } from './protected-api.ts';

let provider: IdentityProvider;
let database: TestDatabase;
let api: ProtectedApi;

const NO_ROLES = { superAdmin: [], manageSources: [], manageRegistries: [], manageEntries: [] };

beforeAll(async () => {
  provider = await startIdentityProvider();
  database = await createTestDatabase();
  const authz = { roles: { ...NO_ROLES, superAdmin: [{ role: 'admin' }] } };
  api = await startProtectedApi(database, oauth(provider, { authz }));
});
afterAll(async () => {
  await api.stop();
  await database.drop();
  await provider.stop();
});

const NAMES = ['com.example/a', 'com.example/b', 'com.example/c', 'com.example/d'];
const SOURCES = ['first', 'second', 'cluster'] as const;
const REGISTRIES = ['open', 'claimed', 'closed', 'default'] as const;

interface Entry {
  readonly name: string;
  readonly version: string;
}
interface World {
  /** The claims of the sources; null for a source without claims. */
  readonly sourceClaims: Readonly<Record<(typeof SOURCES)[number], Claims | null>>;
  readonly entries: Readonly<Record<(typeof SOURCES)[number], readonly Entry[]>>;
  /** The claims of names in the cluster, by annotation. */
  readonly annotations: readonly (Claims | null)[];
  readonly registryClaims: Claims;
  /** The order of sources in the registries. */
  readonly order: readonly (typeof SOURCES)[number][];
  readonly callers: readonly HeldClaims[];
}

const claims = fc.constantFrom<Claims>(
  { team: 'a' },
  { team: ['a', 'b'] },
  { team: ['b', 'c'], org: 'x' },
  { org: [] },
  { 'realm.roles': ['dev', 'ops'] },
);
const held = fc.record<HeldClaims>(
  {
    team: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.subarray(['a', 'b', 'c'])),
    org: fc.constantFrom('x', 'y'),
    realm: fc.record({ roles: fc.subarray(['dev', 'ops']) }),
  },
  { requiredKeys: [] },
);
const entries = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...NAMES), version: fc.constantFrom('1.0.0', '2.0.0') }),
  { selector: ({ name, version }) => `${name}@${version}`, maxLength: 6 },
);
const orNone = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const world: fc.Arbitrary<World> = fc.record({
  sourceClaims: fc.record({ first: orNone(claims), second: orNone(claims), cluster: orNone(claims) }),
  entries: fc.record({ first: entries, second: entries, cluster: entries }),
  annotations: fc.array(orNone(claims), { minLength: NAMES.length, maxLength: NAMES.length }),
  registryClaims: claims,
  order: fc.shuffledSubarray([...SOURCES], { minLength: 1 }),
  callers: fc.array(held, { minLength: 2, maxLength: 3 }),
});

const CLUSTER: SourceDefinition = {
  ...source('cluster'),
  origin: { kind: 'kubernetes', content: { servers: { resources: [] } } },
};

let worlds = 0;

/** Stores the world in the database, and waits until the API has noticed. */
async function create({ sourceClaims, order, registryClaims, ...content }: World): Promise<void> {
  const given = Object.entries(sourceClaims).filter((pair): pair is [string, Claims] => pair[1] !== null);
  await storeConfiguration(database.database, {
    sources: [source('first'), source('second'), CLUSTER, source('marker')],
    sourceClaims: Object.fromEntries(given),
    registries: [
      { name: 'open', sources: order, access: 'public' },
      { name: 'claimed', sources: order, claims: registryClaims },
      { name: 'closed', sources: order },
    ],
    defaultRegistry: 'default',
  });
  for (const sourceName of SOURCES) {
    const drafts = content.entries[sourceName].flatMap(({ name, version }) => {
      const own = sourceName === 'cluster' ? content.annotations[NAMES.indexOf(name)] : undefined;
      const required = own !== undefined && own !== null && { claims: own };
      const description = `From ${sourceName}`;
      const document = JSON.stringify({ ...SERVER, name, version, description });
      return [
        draft(name, version, { document, description, ...required }),
        ...SKILL_KINDS.map((kind) => ({ ...skillDraft(kind, [name, version], { description }), ...required })),
      ];
    });
    await sync(database.database, { sourceName, entries: drafts, apply: { authoritative: true } });
  }
  // Notifications arrive in the order of the commits, so the last one implies all others.
  const version = `${(worlds += 1)}.0.0`;
  await sync(database.database, { sourceName: 'marker', entries: [draft('com.example/marker', version)] });
  const path = `/v0.1/servers/com.example%2Fmarker/versions/${version}`;
  await eventually(async () => (await ask(ADMIN, path)).status === 200, 'the API knows the world');
}

const SERVER = { remotes: [{ type: 'streamable-http', url: 'https://example.com/mcp' }] };

const ADMIN: HeldClaims = { role: 'admin' };
/** A caller without a token. */
const NOBODY = 'nobody';
type Caller = HeldClaims | typeof NOBODY;

function holds(caller: Caller, required: Claims | null): boolean {
  if (caller === NOBODY || required === null) return false;
  return Object.entries(required).every(([name, wanted]) => {
    const value = name === 'realm.roles' ? (caller['realm'] as { roles?: unknown } | undefined)?.roles : caller[name];
    const values = value === undefined ? [] : [value].flat();
    const accepted = [wanted].flat();
    return accepted.length === 0 ? value !== undefined : accepted.some((one) => values.includes(one));
  });
}

function mayRead(caller: Caller, registry: string, { registryClaims }: World): boolean {
  if (caller === ADMIN || registry === 'open') return true;
  if (registry === 'default') return caller !== NOBODY;
  return registry === 'claimed' && holds(caller, registryClaims);
}

/** `name@version` of what the caller should see, in order. */
function visibleIn(registry: string, caller: Caller, of: World): string[] {
  const order = registry === 'default' ? SOURCES : of.order;
  return NAMES.flatMap((name) => {
    const owner = order.find((sourceName) => of.entries[sourceName].some((entry) => entry.name === name));
    if (owner === undefined) return [];
    const required = owner === 'cluster' ? (of.annotations[NAMES.indexOf(name)] ?? null) : of.sourceClaims[owner];
    const isPublic = registry === 'open' && required === null;
    if (caller !== ADMIN && !isPublic && !holds(caller, required)) return [];
    const versions = of.entries[owner].filter((entry) => entry.name === name).map(({ version }) => version);
    return versions.toSorted().map((version) => `${name}@${version}`);
  });
}

const tokens = new Map<string, Promise<string>>();

async function ask(caller: Caller, path: string, headers: Record<string, string> = {}): Promise<Response> {
  if (caller === NOBODY) return await api.get(path, { headers });
  const key = JSON.stringify(caller);
  const token = tokens.get(key) ?? provider.token(caller);
  tokens.set(key, token);
  return await api.get(path, { headers: { ...headers, authorization: `Bearer ${await token}` } });
}

async function itemsAt(caller: Caller, path: string): Promise<Page> {
  return (await (await ask(caller, path)).json()) as Page;
}

async function walk(caller: Caller, path: string): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await itemsAt(caller, `${path}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    seen.push(...labelsOf(page));
    cursor = page.metadata.nextCursor;
  } while (cursor !== undefined);
  return seen;
}

const labelsOf = ({ servers }: Page): string[] =>
  servers.filter(({ server }) => server.name !== 'com.example/marker').map(label);
const namesOf = (labels: readonly string[]): string[] => [...new Set(labels.map((one) => one.split('@')[0]!))];

/** The answers of the API to a caller about a registry. */
interface Reads {
  readonly walkOneByOne: readonly string[];
  readonly list: readonly string[];
  readonly search: readonly string[];
  readonly latest: readonly string[];
  /** The versions of each server; null if it doesn't exist. */
  readonly versions: readonly (readonly string[] | null)[];
  readonly latestStatus: readonly number[];
  readonly exported: readonly string[];
  readonly exportedForToolhive: readonly string[];
  readonly skills: SkillReads;
  readonly cacheControl: string;
}

/** The answers about its skills or plugins. */
interface SkillReads {
  readonly walkTwoByTwo: readonly string[];
  readonly search: readonly string[];
  readonly versions: readonly (readonly string[] | null)[];
}

/** Each registry is read for one of the kinds, because all of them are read by the same queries. */
function kindIn(registry: string): SkillKind {
  return registry === 'open' || registry === 'closed' ? 'skill' : 'plugin';
}

async function readSkills(caller: Caller, registry: string): Promise<SkillReads> {
  const kind = kindIn(registry);
  const base = `/registry/${registry}/v0.1/x/dev.toolhive/${kind}s`;
  type SkillPage = Record<string, readonly Record<'namespace' | 'name' | 'version', string>[]> & Pick<Page, 'metadata'>;
  const labelsIn = (page: SkillPage): string[] =>
    page[`${kind}s`]!.map(({ namespace, name, version }) => `${namespace}/${name}@${version}`);
  const walkSkills = async (path: string): Promise<string[]> => {
    const page = (await (await ask(caller, path)).json()) as SkillPage;
    const { nextCursor } = page.metadata;
    const rest = nextCursor === undefined ? [] : await walkSkills(`${base}?limit=2&cursor=${nextCursor}`);
    return [...labelsIn(page), ...rest];
  };
  const versionsOf = async (name: string): Promise<string[] | null> => {
    const response = await ask(caller, `${base}/${name}/versions`);
    return response.status === 404 ? null : labelsIn((await response.json()) as SkillPage).toSorted();
  };
  return {
    walkTwoByTwo: await walkSkills(`${base}?limit=2&all_versions=true`),
    search: await walkSkills(`${base}?search=b&all_versions=true`),
    versions: await Promise.all(NAMES.map(versionsOf)),
  };
}

async function readAll(caller: Caller, registry: string): Promise<Reads> {
  const servers = `/registry/${registry}/v0.1/servers`;
  const exported = await ask(caller, `/registry/${registry}/registry.json`);
  const versionsOf = async (name: string): Promise<string[] | null> => {
    const response = await ask(caller, `${servers}/${encodeURIComponent(name)}/versions`);
    return response.status === 404 ? null : labelsOf((await response.json()) as Page).toSorted();
  };
  const latestOf = async (name: string): Promise<number> =>
    (await ask(caller, `${servers}/${encodeURIComponent(name)}/versions/latest`)).status;
  return {
    walkOneByOne: await walk(caller, `${servers}?limit=1`),
    list: await walk(caller, `${servers}?limit=100`),
    search: await walk(caller, `${servers}?search=${encodeURIComponent('e/b')}`),
    latest: namesOf(await walk(caller, `${servers}?limit=2&version=latest`)),
    versions: await Promise.all(NAMES.map(versionsOf)),
    latestStatus: await Promise.all(NAMES.map(latestOf)),
    exported: labelsOf(await itemsAt(caller, `/registry/${registry}/servers.json`)),
    exportedForToolhive: Object.keys(((await exported.json()) as { remote_servers: object }).remote_servers).toSorted(),
    skills: await readSkills(caller, registry),
    cacheControl: exported.headers.get('cache-control') ?? '',
  };
}

function expectedReads(caller: Caller, registry: string, of: World): Reads {
  const list = visibleIn(registry, caller, of);
  const versions = NAMES.map((name) => list.filter((one) => one.startsWith(`${name}@`)));
  const versionsOrNull = versions.map((found) => (found.length === 0 ? null : found));
  const ofB = list.filter((one) => one.startsWith('com.example/b'));
  return {
    walkOneByOne: list,
    list,
    search: ofB,
    latest: namesOf(list),
    versions: versionsOrNull,
    latestStatus: versions.map((found) => (found.length === 0 ? 404 : 200)),
    exported: list,
    exportedForToolhive: namesOf(list),
    skills: { walkTwoByTwo: list, search: ofB, versions: versionsOrNull },
    cacheControl: caller === NOBODY ? 'no-cache' : 'private, no-cache',
  };
}

/** The answers of the registry to a caller who can't read it, next to those of a registry that doesn't exist. */
async function refusals(caller: Caller, registry: string): Promise<{ hidden: unknown[]; unknown: unknown[] }> {
  const paths = [
    'v0.1/servers',
    'v0.1/servers/com.example%2Fa/versions',
    'v0.1/x/dev.toolhive/skills',
    'v0.1/x/dev.toolhive/plugins/com.example/a',
    'servers.json',
    'registry.json',
    'upstream-registry.json',
  ];
  const answersOf = (name: string): Promise<unknown[]> =>
    Promise.all(
      [...paths.map((path) => `/registry/${name}/${path}`), `/extension/v0/registries/${name}`].map(async (path) => {
        const response = await ask(caller, path);
        return [response.status, (await response.text()).replaceAll(name, 'unknown')];
      }),
    );
  return { hidden: await answersOf(registry), unknown: await answersOf('unknown') };
}

/** Requests the page of one caller with the tag of another: 304 is right for callers who see the same, and only for them. */
async function wrongNotModified(callers: readonly Caller[], registry: string, of: World): Promise<string[]> {
  const path = `/registry/${registry}/v0.1/servers?limit=100`;
  const wrong: string[] = [];
  for (const caller of callers) {
    const tag = (await ask(caller, path)).headers.get('etag') ?? '';
    for (const other of callers) {
      const isSame = visibleIn(registry, caller, of).join() === visibleIn(registry, other, of).join();
      const { status } = await ask(other, path, { 'if-none-match': tag });
      if (status === 304 && !isSame) wrong.push(`${JSON.stringify(caller)} ${JSON.stringify(other)}`);
      if (status !== 304 && other === caller) wrong.push(`${JSON.stringify(caller)} and the same caller`);
    }
  }
  return wrong;
}

/** The number of entries in the status of the registry, for callers who don't see everything. */
async function countedEntries(caller: Caller, registry: string): Promise<number> {
  const status = await ask(caller, `/extension/v0/registries/${registry}`);
  return ((await status.json()) as { syncStatus: { serverCount: number } }).syncStatus.serverCount;
}

test(
  'lists, walks, searches, versions, exports, and counts follow the rules for each caller, regardless of earlier callers',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(world, async (created) => {
        await create(created);
        const callers: readonly Caller[] = [NOBODY, ...created.callers, ADMIN];
        for (const registry of REGISTRIES) {
          const readers = callers.filter((caller) => mayRead(caller, registry, created));
          for (const caller of readers) {
            expect(await readAll(caller, registry)).toEqual(expectedReads(caller, registry, created));
          }
          for (const caller of readers.filter((reader) => reader !== NOBODY && reader !== ADMIN)) {
            expect(await countedEntries(caller, registry)).toBe(visibleIn(registry, caller, created).length);
          }
          for (const caller of callers.filter((one) => !readers.includes(one))) {
            const { hidden, unknown } = await refusals(caller, registry);
            expect(hidden).toEqual(unknown);
          }
          expect(await wrongNotModified(readers, registry, created)).toEqual([]);
        }
      }),
      { numRuns: 6 },
    );
  },
);

/** Every source has its own team, and one entry of almost every name. */
const TEAMS: World = {
  sourceClaims: { first: { team: 'a' }, second: { team: 'b' }, cluster: null },
  entries: {
    first: [0, 2, 3].map((index) => ({ name: NAMES[index]!, version: '1.0.0' })),
    second: [1].map((index) => ({ name: NAMES[index]!, version: '1.0.0' })),
    cluster: [],
  },
  annotations: [],
  registryClaims: { team: ['a', 'b'] },
  order: [...SOURCES],
  callers: [],
};

const DEFAULT_PREFIXES = ['/v0.1', '/v0', '/registry/v0.1', '/registry/default/v0.1', '/registry/default/v0'];
const deployment = (index: number): Deployment => ({
  resource: 'mcpservers.toolhive.stacklok.dev',
  kind: 'MCPServer',
  namespace: 'default',
  name: `object-${index}`,
  serverName: NAMES[index]!,
  phase: 'Ready',
  ready: true,
  url: null,
  image: null,
  transport: 'stdio',
});

test('in every way of reading a registry, callers see their entries, and all others look like missing ones', async () => {
  await create({
    ...TEAMS,
    entries: {
      first: [{ name: NAMES[0]!, version: '1.0.0' }],
      second: [{ name: NAMES[1]!, version: '1.0.0' }],
      cluster: [2, 3].map((index) => ({ name: NAMES[index]!, version: '1.0.0' })),
    },
    annotations: [null, null, { team: 'a' }, { team: 'b' }],
  });
  await recordDeployments(database.database, 'cluster', [deployment(2), deployment(3)]);
  const lists = [
    ...DEFAULT_PREFIXES.flatMap((prefix) => ['', '?limit=1000', '?version=latest', '?search=example'].map(
      (query) => `${prefix}/servers${query}`,
    )),
    ...DEFAULT_PREFIXES.map((prefix) => `${prefix}/servers?updated_since=2020-01-01T00:00:00Z`),
    '/registry/default/registry.json', '/registry/default/servers.json', '/api/v1/registry', '/api/v0/servers',
  ]; // prettier-ignore
  const shownIn = async (caller: Caller, path: string): Promise<string[]> => {
    const text = await (await ask(caller, path)).text();
    return NAMES.filter((name) => text.includes(`${name}"`));
  };
  for (const path of lists) {
    expect([path, await shownIn({ team: 'a' }, path)]).toEqual([path, [NAMES[0], NAMES[2]]]);
    expect([path, await shownIn({ team: 'b' }, path)]).toEqual([path, [NAMES[1], NAMES[3]]]);
    expect([path, await shownIn({ team: 'c' }, path)]).toEqual([path, []]);
  }
  expect(await shownIn({ team: 'a' }, '/api/v0/deployed')).toEqual([NAMES[2]]);
  expect(await shownIn({ team: 'c' }, '/api/v0/deployed')).toEqual([]);
  const singles = (name: string): string[] => [
    ...DEFAULT_PREFIXES.flatMap((prefix) =>
      ['', '/versions', '/versions/latest', '/versions/1.0.0'].map((rest) => `${prefix}/servers/${name}${rest}`),
    ),
    `/api/v0/servers/${name}`,
  ];
  for (const separator of ['/', '%2F']) {
    for (const [index, name] of NAMES.entries()) {
      for (const path of singles(name.replace('/', separator))) {
        const expected = index % 2 === 0 ? 200 : 404;
        expect([path, (await ask({ team: 'a' }, path)).status]).toEqual([path, expected]);
        if (expected === 200) continue;
        const unknown = await ask({ team: 'a' }, path.replace(/[a-d](?=$|\/versions)/, 'z'));
        const hidden = await (await ask({ team: 'a' }, path)).text();
        expect(hidden.replace(name, '')).toBe((await unknown.text()).replace('com.example/z', ''));
      }
    }
  }
  for (const name of [NAMES[3], 'object-3']) {
    expect(await (await ask({ team: 'a' }, `/api/v0/deployed/${encodeURIComponent(name!)}`)).json()).toEqual([]);
  }
});

test('a caller who continues another caller’s walk sees their own pages', async () => {
  await create({ ...TEAMS, entries: { ...TEAMS.entries, second: TEAMS.entries.first, first: TEAMS.entries.second } });
  const path = '/registry/claimed/v0.1/servers?limit=1';
  const cursorAfter = async (caller: Caller, cursor: string): Promise<string> =>
    (await itemsAt(caller, `${path}&cursor=${cursor}`)).metadata.nextCursor ?? '';
  const everybody: HeldClaims = { team: ['a', 'b'] };
  // The second page is read together with the pages after it, which are cached.
  const first = (await itemsAt(everybody, path)).metadata.nextCursor ?? '';
  const second = await cursorAfter(everybody, first);
  expect(labelsOf(await itemsAt({ team: 'a' }, `${path}&cursor=${second}`))).toEqual([]);
  expect(labelsOf(await itemsAt({ team: 'b' }, `${path}&cursor=${second}`))).toEqual(['com.example/c@1.0.0']);
});

test('a page costs one more query for the first caller after a change, and none once it is cached', async () => {
  await create(TEAMS);
  const queriesOf = async (caller: Caller, path: string): Promise<number> => {
    const before = api.queries();
    expect((await ask(caller, path)).status).toBe(200);
    return api.queries() - before;
  };
  const [list, search] = ['/registry/claimed/v0.1/servers', '/registry/claimed/v0.1/servers?search=example'];
  expect(await queriesOf({ team: 'a', sub: 'one' }, list)).toBe(2);
  expect(await queriesOf({ team: 'a', sub: 'one' }, list)).toBe(0);
  expect(await queriesOf({ team: 'a', sub: 'one' }, search)).toBe(1);
  // A caller who sees the same gets the same page; one who sees something else gets another.
  expect(await queriesOf({ team: 'a', sub: 'two' }, list)).toBe(0);
  expect(await queriesOf({ team: 'b' }, list)).toBe(1);
  expect(await queriesOf(ADMIN, list)).toBe(1);
  expect(await queriesOf({ team: 'b' }, list)).toBe(0);
});
