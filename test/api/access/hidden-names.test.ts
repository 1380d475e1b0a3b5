/** Published names that a caller can't see look the same as names that don't exist. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import { carryOutWrite, putWriteRequest } from '../../../db/writes/write-requests.ts';
import { source } from '../../db/sync-source.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { type PublishingApi, startPublishingApiWith } from '../publishing-api.ts';
import { oauth } from './protected-api.ts';

const ORG = { org: 'acme' };
/** Ada and Bob publish to the same source. Only Bob's namespaces are limited, and only Ada is in team A. */
const PEOPLE = {
  ada: { ...ORG, role: 'publisher', team: 'a', area: 'all' },
  bob: { ...ORG, role: 'publisher', team: 'b', area: 'shared' },
  reader: { ...ORG, scope: 'mcp-registry:read' },
} as const;
type Person = keyof typeof PEOPLE;

/** Names of the same length, so that answers about them can be compared byte by byte. */
const [HIDDEN, FREE] = ['hidden', 'absent'] as const;

let provider: IdentityProvider;
let publishing: PublishingApi;
const tokens = new Map<Person, string>();
beforeAll(async () => {
  provider = await startIdentityProvider();
  for (const person of Object.keys(PEOPLE) as Person[]) {
    tokens.set(person, await provider.token({ sub: person, ...PEOPLE[person] }));
  }
  const managers = [{ role: 'publisher' }];
  const auth = oauth(provider, {
    authz: {
      roles: { superAdmin: [], manageSources: managers, manageRegistries: managers, manageEntries: managers },
      namespaces: [
        { claims: { area: 'all' }, names: ['com.example*'] },
        { claims: { area: 'shared' }, names: ['com.example.shared/*'] },
      ],
    },
  });
  const sources = [source('published', 'managed')];
  publishing = await startPublishingApiWith({ auth }, ...sources);
  await storeConfiguration(publishing.test.database, {
    sources,
    sourceClaims: { published: ORG },
    registries: [{ name: 'main', access: 'protected', sources: ['published'], claims: ORG }],
    defaultRegistry: 'main',
  });
  for (const namespace of ['com.example', 'com.example.shared']) {
    for (const version of ['1.0.0', '2.0.0']) {
      const remotes = [{ type: 'streamable-http', url: 'https://mcp.example.com/' }];
      const server = { name: `${namespace}/${HIDDEN}`, description: 'A server', version, remotes };
      const response = await ask('ada', ['POST', '/v1/entries', { server, claims: { team: 'a' } }]);
      if (response.status !== 201) throw new Error(await response.text());
    }
  }
});
afterAll(async () => {
  await publishing.end();
  await provider.stop();
});

function ask(person: Person, [method, path, body]: Attempt): Promise<Response> {
  return publishing.api.send(method, path, {
    ...(body !== undefined && { body }),
    headers: { authorization: `Bearer ${tokens.get(person)}` },
  });
}

type Attempt = readonly [method: string, path: string, body?: unknown];

/** The parts of an answer that a caller can notice, with the name replaced, and the number of queries. */
async function told(person: Person, name: string, [method, path, body]: Attempt): Promise<object> {
  const filled = <Value>(value: Value): Value =>
    value === undefined ? value : (JSON.parse(JSON.stringify(value).replaceAll('NAME', name)) as Value);
  const before = publishing.api.queries();
  const response = await ask(person, [method, filled(path), filled(body)]);
  const text = await response.text();
  const queries = publishing.api.queries() - before;
  const headers = Object.fromEntries([...response.headers].filter(([key]) => !['date', 'x-request-id'].includes(key)));
  return { status: response.status, headers, text: text.replaceAll(name, 'NAME'), queries };
}

/** Changes of one version, and of the whole name, over each API. */
function changesOf(namespace: string): readonly Attempt[] {
  const name = `${namespace}/NAME`;
  const inPath = `${namespace}%2FNAME`;
  const document = { name, version: '1.0.0', description: 'Another server' };
  const version = `/v0.1/servers/${inPath}/versions/1.0.0`;
  return [
    ['DELETE', version],
    ['DELETE', `/registry/main${version}`],
    ['DELETE', `/v0.1/servers/${inPath}/versions/9.9.9`],
    ['PUT', version, document],
    ['PATCH', `${version}/status`, { status: 'deprecated' }],
    ['PATCH', `/v0.1/servers/${inPath}/status`, { status: 'deprecated' }],
    ['DELETE', `/v1/entries/server/${inPath}/versions/1.0.0`],
    ['PUT', `/v1/entries/server/${inPath}/claims`, { claims: { team: 'b' } }],
    ['POST', '/trpc/entries.replace', { name, version: '1.0.0', document }],
    ['POST', '/trpc/entries.delete', { name, version: '1.0.0' }],
    ['POST', '/trpc/entries.setStatus', { name, status: 'deprecated' }],
    ['POST', '/trpc/entries.setClaims', { name, claims: { team: 'b' } }],
  ];
}

function titled(attempts: readonly Attempt[]): { readonly title: string; readonly attempt: Attempt }[] {
  return attempts.map((attempt) => ({ title: `${attempt[0]} ${attempt[1]}`, attempt }));
}

describe('changing a hidden name', () => {
  test.each(titled(changesOf('com.example')))(
    'outside the caller’s namespaces is refused like changing a free name: $title',
    async ({ attempt }) => {
      const hidden = await told('bob', HIDDEN, attempt);
      expect(hidden).toEqual(await told('bob', FREE, attempt));
      expect(hidden).toMatchObject({
        status: 403,
        text: expect.stringContaining('is not in a namespace that you can publish to') as string,
      });
    },
  );

  test.each(titled(changesOf('com.example.shared')))(
    'in the caller’s namespace is answered like changing a free name: $title',
    async ({ attempt }) => {
      const hidden = await told('bob', HIDDEN, attempt);
      expect(hidden).toEqual(await told('bob', FREE, attempt));
      expect(hidden).toMatchObject({ status: 404, text: expect.stringMatching(/There is no /) as string });
    },
  );

  test('outside the caller’s namespaces can’t be published over either', async () => {
    const server = { name: 'com.example/NAME', version: '3.0.0', description: 'A server' };
    for (const attempt of [
      ['POST', '/v0.1/publish', server],
      ['POST', '/v1/entries', { server, claims: { team: 'b' } }],
      ['POST', '/trpc/entries.publish', { document: server }],
    ] as const) {
      const hidden = await told('bob', HIDDEN, attempt);
      expect(hidden).toEqual(await told('bob', FREE, attempt));
      expect(hidden).toMatchObject({ status: 403 });
    }
  });

  test('in the caller’s namespace can’t be published over: the name belongs to others', async () => {
    const server = { name: 'com.example.shared/hidden', version: '3.0.0', description: 'A server' };
    for (const attempt of [
      ['POST', '/v0.1/publish', server],
      ['POST', '/v1/entries', { server, claims: { team: 'b' } }],
      ['POST', '/trpc/entries.publish', { document: server }],
    ] as const) {
      const response = await ask('bob', attempt);
      expect([response.status, await response.text()]).toEqual([
        409,
        expect.stringContaining('already exists, with claims that you do not hold'),
      ]);
    }
    const versions = await ask('ada', ['GET', '/v0.1/servers/com.example.shared%2Fhidden/versions']);
    expect(await versions.text()).not.toContain('3.0.0');
  });

  test.each(titled(changesOf('com.example')))(
    'without the role is refused like changing a free name: $title',
    async ({ attempt }) => {
      const hidden = await told('reader', HIDDEN, attempt);
      expect(hidden).toEqual(await told('reader', FREE, attempt));
      expect(hidden).toMatchObject({ status: 403 });
    },
  );
});

/** Matches the name, and counts above zero. */
const REVEALED = /hidden|Count":[1-9]/;

describe('reading a hidden name', () => {
  const input = (value: object): string => encodeURIComponent(JSON.stringify(value));
  test.each(
    titled([
      ['GET', '/v0.1/servers/com.example%2FNAME'],
      ['HEAD', '/v0.1/servers/com.example%2FNAME'],
      ['GET', '/v0.1/servers/com.example%2FNAME/versions'],
      ['GET', '/v0.1/servers/com.example%2FNAME/versions/latest'],
      ['GET', '/v0.1/servers/com.example%2FNAME/versions/1.0.0?include_deleted=true'],
      ['GET', '/registry/main/v0/servers/com.example%2FNAME/versions/2.0.0'],
      ['GET', '/api/v0/servers/com.example%2FNAME'],
      ['GET', '/v1/entries/server/com.example%2FNAME/claims'],
      ['GET', `/trpc/entries.claims?input=${input({ name: 'com.example/NAME' })}`],
    ]),
  )('is answered like reading a free name: $title', async ({ attempt }) => {
    // The first read finds out what the caller can see of the registry.
    await told('bob', 'warm', attempt);
    const hidden = await told('bob', HIDDEN, attempt);
    expect(hidden).toEqual(await told('bob', FREE, attempt));
    expect(hidden).toMatchObject({ status: 404 });
  });

  test.each([
    '/v0.1/servers?search=NAME',
    '/v0.1/servers',
    '/registry/main/registry.json',
    '/registry/main/servers.json',
    '/registry/main/exports/allowlist',
    '/registry/main/exports/allowlist/report',
    '/registry/main/upstream-registry.json',
    '/api/v0/servers',
    '/api/v1/registry',
    '/extension/v0/registries/main',
    '/v1/sources/published/entries',
    '/v1/registries/main/entries',
    `/trpc/entries.ofSource?input=${input({ name: 'published' })}`,
    `/trpc/entries.ofRegistry?input=${input({ name: 'main', includeDeleted: true })}`,
  ])('is impossible in a list or an export: %s', async (path) => {
    const seen = await ask('ada', ['GET', path.replace('NAME', HIDDEN)]);
    expect(seen.status).toBe(200);
    expect(await seen.text()).toMatch(REVEALED);
    const listed = await ask('bob', ['GET', path.replace('NAME', HIDDEN)]);
    expect(listed.status).toBe(200);
    expect((await listed.text()).replaceAll(/search=\w+/g, '')).not.toMatch(REVEALED);
  });
});

describe('an Idempotency-Key', () => {
  const publish = async (person: Person, name: string): Promise<readonly [number, string]> => {
    const response = await publishing.api.send('POST', '/v1/entries', {
      body: { server: { name, version: '1.0.0', description: 'A server' }, claims: ORG },
      headers: { authorization: `Bearer ${tokens.get(person)}`, 'idempotency-key': 'release' },
    });
    return [response.status, await response.text()];
  };

  test('belongs to its caller: the same key of another caller is another write', async () => {
    const [first, again] = [
      await publish('ada', 'com.example.shared/one'),
      await publish('ada', 'com.example.shared/one'),
    ];
    expect([first[0], again]).toEqual([201, first]);
    expect(await publish('ada', 'com.example.shared/two')).toEqual([
      422,
      expect.stringContaining('The Idempotency-Key was used for another request'),
    ]);
    expect((await publish('bob', 'com.example.shared/two'))[0]).toBe(201);
  });

  test('of a write that version 0.1 stored still belongs to its caller', async () => {
    const write = {
      kind: 'publish',
      name: 'com.example.shared/old',
      version: '1.0.0',
      document: JSON.stringify({ name: 'com.example.shared/old', version: '1.0.0', description: 'A server' }),
    } as const;
    const stored = { sourceName: 'published', requestId: 'old' };
    await putWriteRequest(publishing.test.database, stored, { write, requestedBy: 'ada' });
    await carryOutWrite(publishing.test.database, stored);
    const again = async (person: Person): Promise<number> => {
      const headers = { authorization: `Bearer ${tokens.get(person)}`, 'idempotency-key': 'old' };
      return (await publishing.api.send('POST', '/v0.1/publish', { body: write.document, headers })).status;
    };
    expect(await again('ada')).toBe(200);
    expect(await again('bob')).toBe(409);
  });
});
