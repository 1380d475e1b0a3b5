/** Rules for creating and changing sources and registries at run time, beyond the roles. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import type { Claims } from '../../../registry/claims.ts';
import type { SourceDefinition } from '../../../registry/source-definition.ts';
import { source } from '../../db/sync-source.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { type PublishingApi, startPublishingApiWith } from '../publishing-api.ts';
import { eventually } from '../../eventually.ts';
import { procedures } from './endpoints.ts';
import { oauth } from './protected-api.ts';

/** Ada and Bob hold every role except superAdmin, each for their own team; Root can do everything. */
const PEOPLE = { ada: { team: 'a', role: 'manager' }, bob: { team: 'b', role: 'manager' }, root: { role: 'admin' } };
type Person = keyof typeof PEOPLE;

const [A, B] = [{ team: 'a' }, { team: 'b' }] as const satisfies readonly Claims[];
const OWN_A = source('own-a', 'managed');
const OWN_B = source('own-b', 'managed');

let provider: IdentityProvider;
let publishing: PublishingApi;
let tokens: Readonly<Record<Person, string>>;
beforeAll(async () => {
  provider = await startIdentityProvider();
  const token = (person: Person): Promise<string> => provider.token({ sub: person, ...PEOPLE[person] });
  tokens = { ada: await token('ada'), bob: await token('bob'), root: await token('root') };
  const managers = [{ role: 'manager' }];
  const roles = { superAdmin: [{ role: 'admin' }], manageSources: managers, manageRegistries: managers };
  const auth = oauth(provider, { authz: { roles: { ...roles, manageEntries: managers } } });
  publishing = await startPublishingApiWith({ auth }, OWN_A, OWN_B);
  await configure(OWN_A, OWN_B);
});
afterAll(async () => {
  await publishing.end();
  await provider.stop();
});

/** Stores the sources of the configuration file. */
async function configure(...sources: readonly SourceDefinition[]): Promise<void> {
  await storeConfiguration(publishing.test.database, {
    sources,
    sourceClaims: { 'own-a': A, 'own-b': B, departed: A },
    registries: [
      { name: 'registry-a', sources: ['own-a'], claims: A },
      { name: 'registry-b', sources: ['own-b'], claims: B },
    ],
    defaultRegistry: 'default',
  });
}

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

async function ask(
  person: Person,
  [method, path, body]: readonly [string, string, unknown?],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const response = await publishing.api.send(method, path, {
    ...(body !== undefined && { body }),
    headers: { authorization: `Bearer ${tokens[person]}`, ...headers },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

const refused = (status: number, message: RegExp): object => ({
  status,
  body: { error: expect.stringMatching(message) as string },
});
const managed = (claims?: Claims): object => ({ managed: {}, ...(claims !== undefined && { claims }) });
const showing = (sources: readonly string[], rest: object): object => ({ sources, ...rest });
const server = (name: string): object => ({ name, description: 'A server', version: '1.0.0' });

/** Expects the same answers about an object as about one that doesn't exist. */
async function expectNotThere(
  person: Person,
  name: string,
  requests: readonly (readonly [string, string, unknown?])[],
) {
  for (const [method, path, body] of requests) {
    const naming = (one: string): unknown => JSON.parse(JSON.stringify(body).replace('NAME', one));
    const about = (one: string): Promise<Answered> =>
      ask(person, [method, path.replace('NAME', one), body === undefined ? undefined : naming(one)]);
    const hidden = await about(name);
    expect([method, path, hidden.status]).toEqual([method, path, 404]);
    expect(JSON.stringify(hidden.body).replaceAll(name, 'x')).toBe(
      JSON.stringify((await about('nowhere')).body).replaceAll('nowhere', 'x'),
    );
  }
}

describe('another team’s source', () => {
  test('looks like a missing one', async () => {
    const input = encodeURIComponent(JSON.stringify({ name: 'NAME' }));
    await expectNotThere('bob', 'own-a', [
      ['GET', '/v1/sources/NAME'],
      ['GET', '/v1/sources/NAME/entries'],
      ['DELETE', '/v1/sources/NAME'],
      ['GET', `/trpc/sources.get?input=${input}`],
      ['GET', `/trpc/sources.runs?input=${input}`],
      ['GET', `/trpc/entries.ofSource?input=${input}`],
      ['POST', '/trpc/sources.update', { name: 'NAME', ...managed(B) }],
      ['POST', '/trpc/sources.delete', { name: 'NAME' }],
      ['POST', '/trpc/sources.sync', { name: 'NAME' }],
      ['POST', '/trpc/sources.pause', { name: 'NAME' }],
      ['POST', '/trpc/sources.resume', { name: 'NAME' }],
    ]);
  });

  test('looks like a missing one after it has left the configuration', async () => {
    await configure(OWN_A, OWN_B, source('departed', 'managed'));
    await configure(OWN_A, OWN_B);
    await expectNotThere('bob', 'departed', [
      ['DELETE', '/v1/sources/NAME'],
      ['POST', '/trpc/sources.delete', { name: 'NAME' }],
    ]);
    expect(await ask('ada', ['DELETE', '/v1/sources/departed'])).toMatchObject({ status: 204 });
  });

  test('is in no list', async () => {
    expect(await ask('bob', ['GET', '/v1/sources'])).toMatchObject({ body: { sources: [{ name: 'own-b' }] } });
    expect(await ask('root', ['GET', '/v1/sources'])).toMatchObject({
      body: { sources: [{ name: 'own-a' }, { name: 'own-b' }] },
    });
  });

  test('keeps its name: it can’t be created again or taken over', async () => {
    expect(await ask('bob', ['PUT', '/v1/sources/own-a', managed(B)])).toEqual(refused(409, /"own-a" already/));
  });

  test('can’t be added to a registry by a caller who doesn’t see it', async () => {
    expect(await ask('bob', ['PUT', '/v1/registries/theirs', showing(['own-a'], { claims: B })])).toEqual({
      status: 400,
      body: {
        error: 'sources[0]: unknown source `own-a`; did you mean `own-b`?',
        faults: [{ path: 'sources[0]', message: 'unknown source `own-a`; did you mean `own-b`?' }],
      },
    });
  });
});

describe('claims', () => {
  test.each([
    ['of others', B, /^You can only assign claims that you hold, with each of their values. You do not hold "team"$/],
    ['of others, together with one’s own,', { team: ['a', 'b'] }, /You do not hold "team"$/],
    ['that the caller doesn’t hold', { ...A, org: 'acme' }, /You do not hold "org"$/],
    ['that are missing', undefined, /^Claims are required/],
    ['that are empty', {}, /^Claims are required/],
  ])('claims %s can’t be assigned to a source or a registry', async (_, claims, message) => {
    expect(await ask('ada', ['PUT', '/v1/sources/new', managed(claims)])).toEqual(refused(403, message));
    expect(await ask('ada', ['PUT', '/v1/registries/new', showing(['own-a'], { claims })])).toEqual(
      refused(403, message),
    );
  });

  test('that the caller holds can be assigned, and hide the source from others', async () => {
    expect(await ask('ada', ['PUT', '/v1/sources/made-by-ada', managed(A)])).toMatchObject({ status: 201 });
    expect(await ask('ada', ['PUT', '/v1/sources/made-by-ada', managed(A)])).toMatchObject({ status: 200 });
    expect(await ask('ada', ['PUT', '/v1/sources/made-by-ada', managed(B)])).toEqual(
      refused(403, /You do not hold "team"/),
    );
    await expectNotThere('bob', 'made-by-ada', [['GET', '/v1/sources/NAME']]);
    expect(await ask('root', ['PUT', '/v1/sources/made-by-ada', managed(B)])).toMatchObject({ status: 200 });
    await expectNotThere('ada', 'made-by-ada', [['GET', '/v1/sources/NAME']]);
    expect(await ask('bob', ['DELETE', '/v1/sources/made-by-ada'])).toEqual({ status: 204, body: null });
  });

  test('can be omitted by a superAdmin, who alone sees sources and registries without claims', async () => {
    expect(await ask('root', ['PUT', '/v1/sources/untagged', managed()])).toMatchObject({ status: 201 });
    await expectNotThere('ada', 'untagged', [['GET', '/v1/sources/NAME']]);
    expect(await ask('root', ['DELETE', '/v1/sources/untagged'])).toMatchObject({ status: 204 });
  });
});

describe('another team’s registry', () => {
  test('looks like a missing one over every API', async () => {
    const input = encodeURIComponent(JSON.stringify({ name: 'NAME' }));
    await expectNotThere('bob', 'registry-a', [
      ['GET', '/v1/registries/NAME'],
      ['GET', '/v1/registries/NAME/entries'],
      ['DELETE', '/v1/registries/NAME'],
      ['GET', `/trpc/registries.get?input=${input}`],
      ['GET', `/trpc/entries.ofRegistry?input=${input}`],
      ['POST', '/trpc/registries.update', { name: 'NAME', sources: ['own-b'], claims: B }],
      ['POST', '/trpc/registries.delete', { name: 'NAME' }],
      ['POST', '/trpc/entries.publish', { registry: 'NAME', document: server('com.example/x') }],
      ['GET', '/registry/NAME/v0.1/servers'],
      ['GET', '/registry/NAME/servers.json'],
      ['POST', '/registry/NAME/v0.1/publish', server('com.example/x')],
      ['POST', '/registry/NAME/v0.1/validate', server('com.example/x')],
    ]);
    expect(await ask('bob', ['GET', '/v1/registries'])).toMatchObject({
      body: { registries: [{ name: 'default' }, { name: 'registry-b' }] },
    });
    expect(await ask('bob', ['PUT', '/v1/registries/registry-a', showing(['own-b'], { claims: B })])).toEqual(
      refused(409, /"registry-a" already exists/),
    );
  });

  test('isn’t named when a caller deletes a source that it shows', async () => {
    await ask('root', ['PUT', '/v1/sources/shown', managed({ team: ['a', 'b'] })]);
    await ask('root', ['PUT', '/v1/registries/seen', showing(['shown'], { claims: A })]);
    await ask('root', ['PUT', '/v1/registries/unseen', showing(['shown'], { claims: B })]);
    expect(await ask('ada', ['DELETE', '/v1/sources/shown'])).toEqual(
      refused(409, /^Source "shown" is shown by "seen", registries that you cannot see: remove it there first$/),
    );
    for (const name of ['registries/seen', 'registries/unseen', 'sources/shown']) {
      expect(await ask('root', ['DELETE', `/v1/${name}`])).toMatchObject({ status: 204 });
    }
  });

  test('can be made public only by a superAdmin', async () => {
    const open = showing(['own-a'], { access: 'public' });
    expect(await ask('ada', ['PUT', '/v1/registries/open', open])).toEqual(
      refused(403, /^Only a superAdmin can make a registry public$/),
    );
    expect((await publishing.api.get('/registry/open/v0.1/servers')).status).toBe(401);
    expect(await ask('root', ['PUT', '/v1/registries/open', open])).toMatchObject({ status: 201 });
    expect((await publishing.api.get('/registry/open/v0.1/servers')).status).toBe(200);
    expect(await ask('root', ['PUT', '/v1/registries/open', showing(['own-a'], { claims: A })])).toMatchObject({
      status: 200,
    });
    expect((await publishing.api.get('/registry/open/v0.1/servers')).status).toBe(401);
    expect(await ask('root', ['DELETE', '/v1/registries/open'])).toMatchObject({ status: 204 });
  });
});

describe('for every caller', () => {
  test('what the file defines can only be changed in the file', async () => {
    for (const request of [
      ['PUT', '/v1/sources/own-a', managed(A)],
      ['DELETE', '/v1/sources/own-a'],
      ['PUT', '/v1/registries/registry-a', showing(['own-a'], { claims: A })],
      ['DELETE', '/v1/registries/registry-a'],
      ['DELETE', '/v1/registries/default'],
    ] as const) {
      expect([request[1], await ask('root', request)]).toEqual([request[1], refused(403, /configuration file/)]);
    }
  });

  test('a source keeps its kind, and the server’s own files and clusters can’t be used', async () => {
    await ask('root', ['PUT', '/v1/sources/kind', managed(A)]);
    const inline = { file: { data: '{"servers": []}' }, claims: A };
    expect(await ask('root', ['PUT', '/v1/sources/kind', inline])).toEqual(refused(400, /of the kind managed/));
    await ask('root', ['DELETE', '/v1/sources/kind']);
    for (const [origin, fault] of [
      [{ file: { path: '/etc/passwd' } }, 'file.path'],
      [{ kubernetes: {} }, 'kubernetes'],
      [{ api: { endpoint: 'https://169.254.169.254' }, syncPolicy: { interval: '1h' } }, 'api.endpoint'],
      [{ git: { repository: 'file:///srv/git/a' }, syncPolicy: { interval: '1h' } }, 'git.repository'],
    ] as const) {
      expect(await ask('root', ['PUT', '/v1/sources/kind', origin])).toMatchObject({
        status: 400,
        body: { faults: [{ path: fault }] },
      });
    }
  });

  test('concurrent changes run one at a time, and the number of requests is limited', async () => {
    const input = JSON.stringify({ 0: { name: 'own-a' }, 1: { name: 'own-a' } });
    for (const path of ['/trpc/sources.pause,sources.resume?batch=1', '/trpc/sources.pause%2Csources.resume?batch=1']) {
      expect([path, (await ask('ada', ['POST', path, JSON.parse(input)])).status]).toEqual([path, 400]);
    }
    const both = `/trpc/sources.list,registries.list?batch=1&input=${encodeURIComponent('{}')}`;
    const many = `/trpc/${Array.from({ length: 100 }, () => 'registries.list').join(',')}?batch=1&input=%7B%7D`;
    expect(await ask('ada', ['GET', many])).toMatchObject({ status: 400 });
    expect(await ask('ada', ['GET', both])).toMatchObject({ status: 200, body: [{ result: {} }, { result: {} }] });
  });

  test.each([
    ['a name', { name: 'own\0a' }, 'sources.pause'],
    ['a reason', { name: 'own-a', reason: 'be\0cause' }, 'sources.sync'],
    ['half a character', { name: 'own-a', reason: '\ud83d' }, 'sources.sync'],
    ['a definition', { name: 'new', managed: {}, filter: { tags: { include: ['a\0'] } } }, 'sources.create'],
    ['a registry', { registry: '\0', document: {} }, 'entries.publish'],
    ['a document', { document: { ...server('com.example/x'), title: '\0' } }, 'entries.publish'],
  ])('%s that the database can’t store is the sender’s fault', async (_, input, procedure) => {
    expect(await ask('root', ['POST', `/trpc/${procedure}`, input])).toMatchObject({ status: 400 });
  });

  test.each([
    ['POST', '/trpc/entries.publish', (deep: string) => `{"document": {"name": "com.example/deep", "x": ${deep}}}`],
    ['POST', '/trpc/entries.setClaims', (deep: string) => `{"name": "com.example/deep", "claims": {"x": ${deep}}}`],
    [
      'POST',
      '/v1/entries',
      (deep: string) => `{"server": {"name": "com.example/deep", "x": ${deep}}, "claims": ${deep}}`,
    ],
    ['PUT', '/v1/sources/deep', (deep: string) => `{"managed": {}, "filter": {"names": {"include": ${deep}}}}`],
    ['PUT', '/v1/registries/deep', (deep: string) => `{"sources": ${deep}, "claims": {"x": ${deep}}}`],
    ['PUT', '/v1/entries/server/com.example%2Fdeep/claims', (deep: string) => `{"claims": {"x": ${deep}}}`],
    ['POST', '/v0.1/publish', (deep: string) => deep],
    ['PUT', '/v0.1/servers/com.example%2Fdeep/versions/1.0.0', (deep: string) => `{"_meta": ${deep}}`],
    ['PATCH', '/v0.1/servers/com.example%2Fdeep/status', (deep: string) => `{"status": ${deep}}`],
    ['POST', '/trpc/sources.create', (deep: string) => `{"name": "deep", "file": {"data": ${deep}}}`],
    ['POST', '/trpc/registries.create', (deep: string) => deep],
  ])('%s %s refuses values that are nested too deeply', async (method, path, body) => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await ask('root', [method, path, body(deep)])).toMatchObject({
      status: expect.toBeOneOf([400, 422]) as number,
    });
  });

  test('a claim called __proto__ is refused instead of being dropped', async () => {
    const claims = JSON.parse('{"team": "a", "__proto__": "b"}') as Claims;
    const message = /^The name "__proto__" is not allowed$/;
    expect(await ask('ada', ['PUT', '/v1/sources/new', managed(claims)])).toEqual(refused(400, message));
    expect(await ask('ada', ['PUT', '/v1/registries/new', showing(['own-a'], { claims })])).toEqual(
      refused(400, message),
    );
    expect(await ask('ada', ['POST', '/v1/entries', { server: server('com.example/x'), claims }])).toEqual(
      refused(400, message),
    );
    expect(await ask('root', ['PUT', '/v1/sources/new', managed({ constructor: 'x' })])).toMatchObject({
      status: 201,
      body: { claims: { constructor: 'x' } },
    });
    await expectNotThere('ada', 'new', [['GET', '/v1/sources/NAME']]);
    await ask('root', ['DELETE', '/v1/sources/new']);
  });
});

test('an idempotency key only works for its own caller', async () => {
  const key = { 'idempotency-key': 'a-key-that-bob-knows' };
  const publish = (person: Person, registry: string, name: string): Promise<Answered> =>
    ask(person, ['POST', `/registry/${registry}/v0.1/publish`, server(name)], key);
  expect(await publish('ada', 'registry-a', 'com.example/secret')).toMatchObject({ status: 200 });
  expect(await publish('ada', 'registry-a', 'com.example/secret')).toMatchObject({ status: 200 });
  for (const registry of ['registry-a', 'registry-b', 'default']) {
    const answer = await publish('bob', registry, 'com.example/other');
    expect(JSON.stringify(answer)).not.toContain('secret');
  }
  for (const name of ['secret', 'nothing']) {
    expect(await ask('bob', ['DELETE', `/v0.1/servers/com.example%2F${name}/versions/1.0.0`], key)).toEqual(
      refused(403, /publishes to a source whose claims you do not hold$/),
    );
  }
});

describe('/v1 has the shapes of ToolHive Registry Server', () => {
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
  const info = {
    name: 'notes',
    type: 'file',
    sourceType: 'file',
    creationType: 'API',
    sourceConfig: { data: expect.stringContaining('com.example/note') as string },
    filterConfig: { names: { exclude: ['com.other/*'] } },
    claims: A,
    createdAt: time,
    updatedAt: time,
  };
  const notes = {
    file: { data: JSON.stringify([server('com.example/note')]) },
    filter: { names: { exclude: ['com.other/*'] } },
    claims: A,
  };

  test('for sources', async () => {
    expect(await ask('ada', ['PUT', '/v1/sources/notes', notes])).toEqual({ status: 201, body: info });
    expect(await ask('ada', ['PUT', '/v1/sources/notes', notes])).toEqual({ status: 200, body: info });
    await eventually(async () => {
      const { body } = await ask('ada', ['GET', '/v1/sources/notes']);
      return (body as { syncStatus: { serverCount: number } }).syncStatus.serverCount === 1;
    }, 'the new source has synced');
    expect(await ask('ada', ['GET', '/v1/sources/notes'])).toEqual({
      status: 200,
      body: {
        ...info,
        syncStatus: {
          phase: 'complete',
          lastSyncTime: time,
          lastAttempt: time,
          attemptCount: 0,
          serverCount: 1,
          skillCount: 0,
          pluginCount: 0,
        },
      },
    });
    expect(await ask('ada', ['GET', '/v1/sources/notes/entries'])).toEqual({
      status: 200,
      body: {
        entries: [
          {
            entryType: 'MCP',
            name: 'com.example/note',
            claims: A,
            versions: [{ version: '1.0.0', description: 'A server', createdAt: time, updatedAt: time }],
          },
        ],
      },
    });
  });

  test('for registries', async () => {
    const written = showing(['notes', 'own-a'], { claims: A });
    const registry = { name: 'both', claims: A, creationType: 'API', access: 'protected', sources: ['notes', 'own-a'] };
    const body = { ...registry, createdAt: time, updatedAt: time };
    expect(await ask('ada', ['PUT', '/v1/registries/both', written])).toEqual({ status: 201, body });
    expect(await ask('ada', ['PUT', '/v1/registries/both', written])).toEqual({ status: 200, body });
    expect(await ask('ada', ['GET', '/v1/registries/both'])).toEqual({ status: 200, body });
    const { body: listed } = await ask('ada', ['GET', '/v1/registries/both/entries']);
    expect(listed).toMatchObject({
      entries: [{ entryType: 'MCP', name: 'com.example/note', version: '1.0.0', sourceName: 'notes', position: 0 }, {}],
    });
    expect(await ask('ada', ['DELETE', '/v1/registries/both'])).toEqual({ status: 204, body: null });
    expect(await ask('ada', ['DELETE', '/v1/sources/notes'])).toEqual({ status: 204, body: null });
    expect(await ask('ada', ['GET', '/v1/sources/notes'])).toMatchObject({ status: 404 });
  });

  test('for entries', async () => {
    const entry = { server: server('com.example/tool'), claims: A };
    expect(await ask('root', ['GET', '/v1/me'])).toEqual({
      status: 200,
      body: { subject: 'root', roles: ['superAdmin', 'manageSources', 'manageRegistries', 'manageEntries'] },
    });
    expect(await ask('ada', ['POST', '/v1/entries', { server: entry.server }])).toEqual(refused(400, /^claims are/));
    expect(await ask('ada', ['POST', '/v1/entries', { ...entry, skill: {} }])).toEqual(refused(400, /exactly one/));
    expect(await ask('ada', ['POST', '/v1/entries', { ...entry, claims: B }])).toEqual(
      refused(403, /You do not hold "team"/),
    );
    expect(await ask('ada', ['POST', '/v1/entries', entry])).toEqual({ status: 201, body: entry.server });
    const other = { ...entry, server: { ...entry.server, description: 'Another server' } };
    expect(await ask('ada', ['POST', '/v1/entries', other])).toEqual(refused(409, /already exists/));
    const claims = '/v1/entries/server/com.example%2Ftool/claims';
    expect(await ask('ada', ['GET', claims])).toEqual({ status: 200, body: { claims: A } });
    expect(await ask('ada', ['PUT', claims, { claims: B }])).toEqual(refused(403, /You do not hold "team"/));
    expect(await ask('ada', ['PUT', claims, {}])).toEqual({ status: 204, body: null }); // The claims of its source, which Ada holds.
    expect(await ask('ada', ['GET', claims])).toEqual({ status: 200, body: { claims: A } });
    expect(await ask('root', ['PUT', claims, { claims: B }])).toEqual({ status: 204, body: null });
    expect(await ask('ada', ['GET', claims])).toMatchObject({ status: 404 });
    // Bob can't publish to the default registry's source, but there is another one.
    const bobs = { server: server('com.example/bobs'), claims: B };
    expect(await ask('bob', ['POST', '/v1/entries', bobs])).toEqual({ status: 201, body: bobs.server });
    expect(await ask('bob', ['GET', '/v1/sources/own-b/entries'])).toMatchObject({
      body: { entries: [{ name: 'com.example/bobs', claims: B }, { name: 'com.example/other' }] },
    });
    expect(await ask('root', ['DELETE', '/v1/entries/skill/tool/versions/1.0.0'])).toEqual(
      refused(404, /^There is no version 1.0.0 of skill tool/),
    );
    expect(await ask('root', ['DELETE', '/v1/entries/server/com.example%2Ftool/versions/1.0.0'])).toMatchObject({
      status: 204,
    });
  });
});

const WORDS = [
  'own-a',
  'registry-a',
  'default',
  'new',
  'com.example/x',
  '1.0.0',
  'latest',
  '',
  ' ',
  '../x',
  'a\0',
  '\ud800',
];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 20 }));
const anything = fc.oneof(
  word,
  fc.integer(),
  fc.constantFrom(null, true, -1, 1e300, []),
  fc.array(word, { maxLength: 3 }),
);
const members = [
  'name', 'version', 'registry', 'claims', 'sources', 'access', 'managed', 'file', 'api', 'git', 'kubernetes',
  'configMap', 'filter', 'syncPolicy', 'format', 'document', 'server', 'skill', 'status', 'statusMessage', 'limit',
  'after', 'before', 'number', 'offset', 'wait', 'force', 'reason', 'idempotencyKey', 'includeDeleted', 'from',
]; // prettier-ignore
const object = (of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...members) }, word), of, { maxKeys: 5 });
const input = fc.oneof(anything, object(fc.oneof(anything, object(fc.oneof(anything, object(anything))))));
const rest = fc.constantFrom(
  '/v1/sources/NAME',
  '/v1/sources/NAME/entries',
  '/v1/registries/NAME',
  '/v1/registries/NAME/entries',
  '/v1/entries',
  '/v1/entries/server/NAME/claims',
  '/v1/entries/server/NAME/versions/NAME',
  '/v1/me',
  // A subscription doesn't end.
  ...procedures()
    .map((endpoint) => endpoint.replace(/^\w+ /, ''))
    .filter((path) => path !== '/trpc/sources.watch'),
);

test('any request of a manager is answered without a fault of the server', { timeout: 60_000 }, async () => {
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE');
  const person = fc.constantFrom<Person>('ada', 'root');
  await fc.assert(
    fc.asyncProperty(fc.tuple(person, method, rest, word, input), async ([who, verb, path, name, sent]) => {
      // Waiting for a sync, or for a source on the internet, takes time.
      fc.pre(!JSON.stringify(sent).includes('"wait":true'));
      const filled = path.replaceAll('NAME', encodeURIComponent(name.toWellFormed()));
      const asked = verb === 'GET' ? `${filled}?input=${encodeURIComponent(JSON.stringify(sent))}` : filled;
      const answer = await ask(who, [verb, asked, ...(verb === 'GET' ? [] : [sent])] as [string, string, unknown?]);
      expect(answer.status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});
