import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { draft, source, sync } from '../db/sync-source.ts';
import { type Item, label, labels, official, expectError, readJson, readPage } from './items.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';
import type { RunningApi } from './running-api.ts';

let publishing: PublishingApi;
let api: RunningApi;

beforeAll(async () => {
  publishing = await startPublishingApi(source('first'), source('own', 'managed'));
  api = publishing.api;
  await sync(api.database, { sourceName: 'first', entries: [draft('com.example/of-another-source', '1.0.0')] });
});
afterAll(() => publishing.end());

const document = (name: string, version: string, more: object = {}): object => ({
  name: `com.example/${name}`,
  description: 'Weather forecasts',
  version,
  ...more,
});
async function publish(name: string, version: string, more: object = {}): Promise<Item> {
  return accepted(await api.send('POST', '/v0.1/publish', { body: document(name, version, more) }));
}
async function accepted<Body = Item>(response: Response): Promise<Body> {
  const answer = { status: response.status, body: (await response.json()) as Body };
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}
const version = (name: string, ofVersion: string): string =>
  `/v0.1/servers/com.example%2F${name}/versions/${ofVersion}`;
const latestOf = async (name: string): Promise<string> =>
  (await readJson<Item>(api, version(name, 'latest'))).server.version;

test('a published version is served at once by the same process', async () => {
  const published = await publish('at-once', '1.0.0');
  expect(official(published)).toMatchObject({ status: 'active', isLatest: true });
  expect(await readJson(api, version('at-once', 'latest'))).toEqual(published);
  expect(labels(await readPage(api, '/v0.1/servers?search=at-once'))).toEqual(['com.example/at-once@1.0.0']);
});

test('the document is served as sent, including order of members, unknown members, and numbers', async () => {
  const text = `{"version":"1.0.0", "zebra": {"2": 1, "1": 1.50e1},
    "description":"Weather","name":"com.example/verbatim", "_meta": {"com.example/x": {"b": [], "a": "\\u00e9"}}}`;
  await accepted(await api.send('POST', '/v0.1/publish', { body: text }));
  const served = await (await api.get(version('verbatim', '1.0.0'))).text();
  expect(served).toContain(
    '{"server":{"version":"1.0.0","zebra":{"2":1,"1":1.50e1},"description":"Weather","name":"com.example/verbatim","_meta":{"com.example/x":{"b":[],"a":"\\u00e9"}}},"_meta":',
  );
});

test('a publication is an update in the history of the source', async () => {
  await publish('in-history', '1.0.0');
  const connection = await Connection.connect({ address: publishing.temporal.address });
  const client = new Client({ connection, namespace: publishing.temporal.namespace });
  const { events } = await client.workflow.getHandle('source/own').fetchHistory();
  await connection.close();
  const updates = (events ?? []).flatMap(
    ({ workflowExecutionUpdateAcceptedEventAttributes: accepts }) => accepts?.acceptedRequest?.input?.name ?? [],
  );
  expect(updates).toContain('publish');
});

test.each([
  ['leading-v', ['1.4.0', 'v1.5.0'], 'v1.5.0'],
  ['lower-later', ['v1.10.0', 'v1.9.1'], 'v1.10.0'],
  ['not-semantic', ['1.0.0', 'nightly'], '1.0.0'],
])('the latest version of %s is the highest', async (name, versions, latest) => {
  for (const published of versions) await publish(name, published);
  expect(await latestOf(name)).toBe(latest);
});

test.each([
  ['name', '{"name":"com.other/x","version":"1.0.0","description":"d","name":"com.example/twice"}'],
  [
    'remotes[0].url',
    '{"name":"com.example/twice","version":"1.0.0","description":"d","remotes":[{"type":"sse","url":"https://a.example.com","\\u0075rl":"https://b.example.com"}]}',
  ],
])('a document with %s twice is refused, and validate reports it', async (path, body) => {
  const fault = { path, message: 'is a duplicate, and parsers differ in which one they use' };
  const refused = await api.send('POST', '/v0.1/publish', { body });
  expect([refused.status, await refused.json()]).toMatchObject([422, { faults: [fault] }]);
  const checked = await api.send('POST', '/v0.1/validate', { body });
  expect(await checked.json()).toMatchObject({ valid: false, issues: [fault] });
});

describe('a version', () => {
  test('can be published once', async () => {
    await publish('once', '1.0.0');
    const body = { ...document('once', '1.0.0'), description: 'Something else' };
    const again = await api.send('POST', '/v0.1/publish', { body });
    expect(await expectError(again, 409)).toContain('already exists');
  });

  test('that was deleted can’t be published again', async () => {
    await publish('twice', '1.0.0');
    await accepted(await api.send('DELETE', version('twice', '1.0.0')));
    const again = await api.send('POST', '/v0.1/publish', { body: document('twice', '1.0.0') });
    expect(await expectError(again, 409)).toContain('was deleted');
  });
});

test('a name that belongs to an earlier source can’t be published', async () => {
  const response = await api.send('POST', '/v0.1/publish', { body: document('of-another-source', '2.0.0') });
  expect(await expectError(response, 409)).toContain('belongs to source "first"');
});

test('a document with errors is refused with every fault and its path', async () => {
  const response = await api.send('POST', '/v0.1/publish', {
    body: { name: 'no-namespace', version: 'latest', packages: [{ registryType: 'npm' }] },
  });
  const body = (await response.json()) as { error: string; faults: { path: string }[] };
  expect(response.status).toBe(422);
  expect(body.faults.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['name', 'description', 'version', 'packages[0].identifier', 'packages[0].transport']),
  );
  const validated = await accepted<{ valid: boolean; issues: { path: string }[] }>(
    await api.send('POST', '/v0.1/validate', {
      body: { name: 'no-namespace', version: 'latest', packages: [{ registryType: 'npm' }] },
    }),
  );
  expect(validated.valid).toBe(false);
  expect(validated.issues.map(({ path }) => path)).toEqual(body.faults.map(({ path }) => path));
});

test.each([
  [
    'nested too deeply',
    `{"name":"com.example/deep","version":"1.0.0","description":"x","_meta":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ],
  ['with NUL', JSON.stringify(document('nul', '1.0.0', { title: 'a\0b' }))],
  ['no object', '[]'],
])('a document %s is refused', async (_, body) => {
  await expectError(await api.send('POST', '/v0.1/publish', { body }), 422);
});

test('validation stores nothing', async () => {
  const result = await accepted(await api.send('POST', '/v0.1/validate', { body: document('validated', '1.0.0') }));
  expect(result).toEqual({ valid: true, issues: [] });
  expect((await api.get(version('validated', 'latest'))).status).toBe(404);
});

describe('PUT', () => {
  test('replaces a document and keeps its publication date', async () => {
    const before = await publish('replaced', '1.0.0');
    const response = await api.send('PUT', version('replaced', '1.0.0'), {
      body: document('replaced', '1.0.0', { title: 'New' }),
    });
    const after = await accepted(response);
    expect(after.server['title']).toBe('New');
    expect(official(after)['publishedAt']).toBe(official(before)['publishedAt']);
    expect(official(after)['updatedAt']).not.toBe(official(before)['updatedAt']);
    expect(await readJson(api, version('replaced', '1.0.0'))).toEqual(after);
  });

  test('is 404 for a missing version, 422 for a document of another one', async () => {
    await publish('kept', '1.0.0');
    await expectError(await api.send('PUT', version('kept', '2.0.0'), { body: document('kept', '2.0.0') }), 404);
    await expectError(await api.send('PUT', version('kept', '1.0.0'), { body: document('kept', '2.0.0') }), 422);
  });
});

describe('DELETE', () => {
  test('leaves a tombstone that is served on request', async () => {
    await publish('deleted', '1.0.0');
    const deleted = await accepted(await api.send('DELETE', version('deleted', '1.0.0')));
    expect(official(deleted)['status']).toBe('deleted');
    expect((await api.get(version('deleted', '1.0.0'))).status).toBe(404);
    expect((await api.get(version('deleted', 'latest'))).status).toBe(404);
    expect((await api.get('/v0.1/servers/com.example%2Fdeleted/versions')).status).toBe(404);
    expect(await readJson(api, `${version('deleted', '1.0.0')}?include_deleted=true`)).toEqual(deleted);
    const since = String(official(deleted)['updatedAt']);
    const changed = await readPage(api, `/v0.1/servers?updated_since=${since}&search=deleted`);
    expect(changed.servers.map((item) => [label(item), official(item)['status']])).toEqual([
      ['com.example/deleted@1.0.0', 'deleted'],
    ]);
  });

  test('makes the highest remaining version the latest', async () => {
    for (const one of ['1.9.0', '1.10.0', '2.0.0-rc.1', 'nightly']) await publish('latest', one);
    const seen: string[] = [];
    for (const next of ['2.0.0-rc.1', '1.10.0', '1.9.0']) {
      seen.push(await latestOf('latest'));
      await accepted(await api.send('DELETE', version('latest', next)));
    }
    expect([...seen, await latestOf('latest')]).toEqual(['2.0.0-rc.1', '1.10.0', '1.9.0', 'nightly']);
  });

  test('of something missing is 404', async () => {
    await expectError(await api.send('DELETE', version('never', '1.0.0')), 404);
  });
});

describe('status', () => {
  test('of one version', async () => {
    await publish('status', '1.0.0');
    const path = `${version('status', '1.0.0')}/status`;
    const deprecated = await accepted(
      await api.send('PATCH', path, { body: { status: 'deprecated', statusMessage: 'Use another' } }),
    );
    expect(official(deprecated)).toMatchObject({ status: 'deprecated', statusMessage: 'Use another', isLatest: true });
    const again = await api.send('PATCH', '/v0.1/servers/com.example%2Fstatus/status', {
      body: { status: 'deprecated', statusMessage: 'Use another' },
    });
    expect(await expectError(again, 400)).toContain('Nothing to change');
    const active = await accepted(await api.send('PATCH', path, { body: { status: 'active' } }));
    expect(official(active)).toMatchObject({ status: 'active' });
    expect(official(active)).not.toHaveProperty('statusMessage');
  });

  test('of all versions', async () => {
    await publish('all', '1.0.0');
    await publish('all', '2.0.0');
    const path = '/v0.1/servers/com.example%2Fall/status';
    const result = await accepted<{ updatedCount: number; servers: Item[] }>(
      await api.send('PATCH', path, { body: { status: 'deleted', statusMessage: 'Withdrawn' } }),
    );
    expect(result.updatedCount).toBe(2);
    expect(result.servers.map((item) => official(item)['status'])).toEqual(['deleted', 'deleted']);
    expect((await api.get(version('all', 'latest'))).status).toBe(404);
    // A status can be reverted, unlike a deletion.
    await accepted(await api.send('PATCH', path, { body: { status: 'active' } }));
    expect(await latestOf('all')).toBe('2.0.0');
  });

  test.each([
    ['an unknown status', { status: 'gone' }],
    ['a message with active', { status: 'active', statusMessage: 'Fine' }],
    ['a message that is too long', { status: 'deprecated', statusMessage: 'x'.repeat(501) }],
    ['no status', {}],
    ['no object', []],
  ])('400 for %s', async (_, body) => {
    await expectError(await api.send('PATCH', `${version('status', '1.0.0')}/status`, { body }), 400);
  });

  test('404 for missing versions, and for a name that no server can have', async () => {
    await expectError(await api.send('PATCH', '/v0.1/servers/nonsense/status', { body: { status: 'active' } }), 404);
    await expectError(
      await api.send('PATCH', `${version('never', '1.0.0')}/status`, { body: { status: 'deleted' } }),
      404,
    );
  });
});

describe('Idempotency-Key', () => {
  test('a repeated request gets the first answer', async () => {
    const send = (): Promise<Response> =>
      api.send('POST', '/v0.1/publish', {
        body: document('idempotent', '1.0.0'),
        headers: { 'idempotency-key': 'key-1' },
      });
    const [first, second, third] = await Promise.all([send(), send(), send()]);
    const fourth = await send();
    const items = await Promise.all([first, second, third, fourth].map((response) => accepted(response)));
    expect(items.every((item) => JSON.stringify(item) === JSON.stringify(items[0]))).toBe(true);
    expect(labels(await readPage(api, '/v0.1/servers?search=idempotent'))).toHaveLength(1);
  });

  test('the same key with another request is refused, and so is an invalid key', async () => {
    const send = (name: string, key: string): Promise<Response> =>
      api.send('POST', '/v0.1/publish', { body: document(name, '1.0.0'), headers: { 'idempotency-key': key } });
    await accepted(await send('conflict-a', 'key-2'));
    await expectError(await send('conflict-b', 'key-2'), 422);
    await expectError(await send('conflict-b', 'with space'), 400);
  });
});

test('without authentication, mcp-publisher can only log in without credentials', async () => {
  for (const base of ['/v0', '/v0.1', '/registry/default/v0']) {
    const token = await accepted<{ registry_token: string; expires_at: number }>(
      await api.send('POST', `${base}/auth/none`),
    );
    expect(token.registry_token).not.toBe('');
    expect(token.expires_at).toBeGreaterThan(Date.now() / 1000);
  }
  const published = await api.send('POST', '/v0/publish', {
    body: document('by-publisher', '1.0.0'),
    headers: { authorization: 'Bearer anonymous' },
  });
  await accepted(published);
  expect(await expectError(await api.send('POST', '/v0/auth/github-oidc', { body: {} }), 404)).toContain('login none');
});
