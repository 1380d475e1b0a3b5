import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Info } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failingClearly } from '../../activities/failures.ts';
import { fetchSnapshot } from '../../activities/fetch-snapshot.ts';
import { withClient } from '../../db/connection/plain-client.ts';
import { findFetchedSnapshot } from '../../db/syncs/fetched-snapshots.ts';
import { stagedProgress } from '../../db/syncs/snapshots.ts';
import { findSyncRun } from '../../db/syncs/sync-runs.ts';
import type { FetchInput } from '../../workflows/contract/activities.ts';
import type { ApiOrigin } from '../../sources/api/definition.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { entriesOf, revisionOf } from '../db/sync-source.ts';
import { RegistryUpstream, sendJson } from '../upstreams/registry-upstream.ts';
import { activityEnvironment, SourceUnderTest } from '../activities/source-under-test.ts';

const HOUR_MS = 60 * 60_000;

let testDatabase: TestDatabase;
let upstream: RegistryUpstream;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  upstream = await RegistryUpstream.start();
  return async () => await upstream.close();
});

async function source(changes: Partial<ApiOrigin> = {}): Promise<SourceUnderTest> {
  const defaults = { timeoutMs: 5_000, fullSyncEveryMs: 24 * HOUR_MS };
  return await SourceUnderTest.of(testDatabase.database, {
    kind: 'api',
    endpoint: upstream.url,
    ...defaults,
    ...changes,
  });
}

function putMany(count: number, updatedAt = ago(HOUR_MS)): void {
  for (let index = 0; index < count; index += 1) {
    const name = `com.example/server-${String(index).padStart(4, '0')}`;
    upstream.items.push({ server: { name, description: 'One of many', version: '1.0.0' }, updatedAt });
  }
}

function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

describe('an api source', () => {
  test('reads all pages, once', async () => {
    putMany(250);
    const api = await source();
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 250, added: 250, rejected: 0 } });
    expect(upstream.requests.map(({ searchParams }) => searchParams.get('limit'))).toEqual(['100', '100', '100']);
    expect(await api.served()).toHaveLength(250);
  });

  test.each(['', '/', '/v0.1', '/v0.1/', '/v0.1/servers', '/v0.1/servers/', '/v0.1/servers?limit=5&cursor=x'])(
    'accepts its URL with %j at the end',
    async (suffix) => {
      putMany(1);
      const api = await source({ endpoint: `${upstream.url}${suffix}` });
      expect(await api.sync()).toMatchObject({ counts: { entries: 1 } });
      expect(upstream.requests[0]!.pathname).toBe('/v0.1/servers');
    },
  );

  test('keeps the status, dates, and text of each entry', async () => {
    const text = '{"name":"com.example/raw","10":1,"2":1.50,"description":"Raw","version":"1.0.0"}';
    upstream.answers.set(1, (response) => {
      response.end(`{"metadata":{},"servers":[{"_meta":{"io.modelcontextprotocol.registry/official":{"status":"deprecated",
        "statusMessage":"use another","publishedAt":"2025-09-08T23:47:09.452138Z","updatedAt":"2025-09-09T00:00:00Z"}},
        "server" : ${text.replaceAll(',', ' ,\n ')} }]}`);
    });
    const api = await source();
    await api.sync();
    const [entry] = await entriesOf(api.database);
    expect(entry).toMatchObject({
      document: text,
      status: 'deprecated',
      statusMessage: 'use another',
      publishedAt: '2025-09-08T23:47:09.452138Z',
    });
  });

  test('asks only for changes, and processes deletions', async () => {
    putMany(150);
    const api = await source();
    await api.sync();
    upstream.requests.length = 0;
    expect(await api.check()).toBe('nothing');
    expect(upstream.requests).toHaveLength(1);
    const revision = await revisionOf(api.database);

    upstream.put('com.example/server-0007', '1.0.0', { status: 'deleted' });
    upstream.put('com.example/server-0008', '1.1.0');
    expect(await api.check()).toBe('maybe');
    upstream.requests.length = 0;
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { added: 1, changed: 1, removed: 0 } });
    expect(upstream.requests).toHaveLength(1);
    const since = Date.parse(upstream.requests[0]!.searchParams.get('updated_since')!);
    expect(Date.now() - since).toBeGreaterThan(5 * 60_000 - 1_000);
    expect(Date.now() - since).toBeLessThan(6 * 60_000);

    expect(await api.served()).not.toContain('com.example/server-0007@1.0.0');
    const tombstone = (await entriesOf(api.database, { includeDeleted: true })).find(
      ({ status }) => status === 'deleted',
    );
    expect(tombstone).toMatchObject({ name: 'com.example/server-0007' });
    expect(await revisionOf(api.database)).toBeGreaterThan(revision);
  });

  test('shows the version that the upstream marks as latest, until it marks another', async () => {
    const before = { updatedAt: ago(HOUR_MS), isLatest: false };
    const name = 'com.example/calendar';
    for (const version of ['1.0.0', '2.0.0', '2025.06.18']) upstream.put(name, version, before);
    upstream.put(name, '2025.06.18', { ...before, isLatest: true });
    const api = await source();
    const latest = async (): Promise<string[]> =>
      (await entriesOf(api.database, { version: 'latest' })).map(({ version }) => version);
    await api.sync();
    expect(await latest()).toEqual(['2025.06.18']);

    // The next sync asks only for changes, and the old version without its mark isn't one of them.
    upstream.put(name, '2025.06.18', before);
    upstream.put(name, '1.0.0', { isLatest: true });
    expect(await api.sync()).toMatchObject({ counts: { entries: 1, changed: 1 } });
    expect(await latest()).toEqual(['1.0.0']);
    const marks = (await entriesOf(api.database)).map(({ version, isLatest }) => [version, isLatest]);
    expect(marks).toEqual([
      ['1.0.0', true],
      ['2.0.0', false],
      ['2025.06.18', false],
    ]);

    // A full sync in which nothing but the mark has changed.
    upstream.put(name, '1.0.0', { isLatest: false });
    upstream.put(name, '2025.06.18', { ...before, isLatest: true });
    await api.sync({ full: true });
    expect(await latest()).toEqual(['2025.06.18']);
  });

  test('a version that gets its mark back with unchanged dates is the latest again', async () => {
    const name = 'com.example/there-and-back';
    const marked = { updatedAt: new Date().toISOString(), isLatest: true };
    const unmarked = { ...marked, isLatest: false };
    const api = await source();
    const marking = async (first: typeof marked | null, second: typeof marked | null): Promise<string[]> => {
      upstream.put(name, '1.0.0', first);
      upstream.put(name, '2.0.0', second);
      await api.sync();
      return (await entriesOf(api.database, { version: 'latest' })).map(({ version }) => version);
    };
    expect(await marking(marked, unmarked)).toEqual(['1.0.0']);
    expect(await marking(null, marked)).toEqual(['2.0.0']);
    expect(await marking(marked, null)).toEqual(['1.0.0']);
  });

  test.each([
    ['several versions are marked', { isLatest: true }, { isLatest: true }],
    ['none is marked', { isLatest: false }, { isLatest: false }],
    ['a deleted version is marked', { isLatest: true, status: 'deleted' }, { isLatest: false }],
  ])('compares versions when %s', async (_, first, second) => {
    upstream.put('com.example/a', '1.0.0', first);
    upstream.put('com.example/a', 'v1.9.0', second);
    upstream.put('com.example/a', 'v1.10.0', second);
    const api = await source();
    await api.sync();
    expect((await entriesOf(api.database, { version: 'latest' })).map(({ version }) => version)).toEqual(['v1.10.0']);
  });

  test('doesn’t treat entries that it has just fetched as news if they are unchanged', async () => {
    putMany(150);
    const api = await source({});
    await api.sync();
    upstream.put('com.example/server-0008', '1.1.0');
    expect(await api.check()).toBe('maybe');
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { added: 1 } });
    // There was a bug here: every check led to a sync until the overlap was over.
    upstream.requests.length = 0;
    expect(await api.check()).toBe('nothing');
    expect(await api.check()).toBe('nothing');
    expect(upstream.requests).toHaveLength(2);

    upstream.put('com.example/server-0008', '1.1.0', { status: 'deprecated' });
    expect(await api.check()).toBe('maybe');
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { added: 0, changed: 1 } });
    expect(await api.check()).toBe('nothing');
    upstream.put('com.example/server-0009', '1.1.0');
    expect(await api.check()).toBe('maybe');
  });

  test('doesn’t treat changes shortly before its first sync, or excluded by its filter, as news', async () => {
    putMany(20);
    upstream.put('com.example/new', '1.0.0', { updatedAt: ago(60_000) });
    const api = await source();
    await api.redefine({ filter: { names: { exclude: ['com.other/*'] } } });
    await api.sync();
    expect(await api.check()).toBe('nothing');
    upstream.put('com.other/new', '1.0.0');
    expect(await api.check()).toBe('nothing');
    upstream.put('com.example/newer', '1.0.0');
    expect(await api.check()).toBe('maybe');
  });

  test('treats changes during its last fetch as news', async () => {
    putMany(250);
    const api = await source();
    upstream.beforePage = (page) => {
      if (page === 3) upstream.put('com.example/server-0001', '1.0.0', { status: 'deprecated' });
    };
    await api.sync();
    expect(await api.check()).toBe('maybe');
    expect(await api.sync()).toMatchObject({ counts: { changed: 1 } });
    expect(await api.check()).toBe('nothing');
  });

  test('finds entries that disappeared without a tombstone by a full sync', async () => {
    putMany(20);
    const api = await source();
    await api.sync();
    upstream.put('com.example/server-0003', '1.0.0', null);
    expect(await api.sync()).toMatchObject({ outcome: 'unchanged', counts: { removed: 0 } });
    expect(await api.sync({ full: true })).toMatchObject({ outcome: 'changed', counts: { entries: 19, removed: 1 } });
  });

  test('works with an upstream that ignores updated_since', async () => {
    upstream.knowsUpdatedSince = false;
    putMany(120);
    const api = await source();
    await api.sync();
    expect(await api.check()).toBe('maybe');
    expect(await api.sync()).toMatchObject({ outcome: 'unchanged', counts: { entries: 120, changed: 0, removed: 0 } });
  });

  test('works with an upstream without metadata, and with a list that is null', async () => {
    upstream.answers.set(1, (response) => sendJson(response, { servers: [{ server: serverOf('com.example/one') }] }));
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 1 } });
    upstream.answers.set(2, (response) => sendJson(response, { servers: null, metadata: { count: 0 } }));
    expect(await api.sync()).toMatchObject({ outcome: 'unchanged' });
  });

  test('reads an entry that moves from one page to the next once', async () => {
    putMany(150);
    upstream.beforePage = (page) => {
      if (page === 2) upstream.put('com.example/server-0099a', '1.0.0');
    };
    upstream.answers.set(2, (response) => {
      const moved = upstream.items.slice(90).map(({ server }) => ({ server }));
      sendJson(response, { servers: moved, metadata: {} });
    });
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 151, rejected: 0 } });
  });
});

describe('an upstream with faults', () => {
  test('that is busy for a moment is retried', async () => {
    putMany(150);
    upstream.answers.set(2, (response) => response.writeHead(429, { 'retry-after': '0' }).end());
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 150 } });
    expect(upstream.requests).toHaveLength(3);
  });

  test('that asks for a long wait is left alone', async () => {
    upstream.answers.set(1, (response) => response.writeHead(503, { 'retry-after': '3600' }).end());
    const failure = await (await source()).failedSync();
    expect(failure).toMatchObject({
      type: 'UpstreamRateLimited',
      nonRetryable: true,
      details: [{ retryAfterMs: 3_600_000 }],
    });
    expect(failure.message).toMatch(/answered 503: rate limited; next try at (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC$/);
    expect(upstream.requests).toHaveLength(1);
  });

  test('that asks for years of waiting is named with the time of the next attempt', async () => {
    upstream.answers.set(1, (response) => response.writeHead(429, { 'retry-after': '99999999' }).end());
    const { message } = await (await source()).failedSync();
    const tomorrow = new Date(Date.now() + 24 * HOUR_MS).toISOString().slice(0, 10);
    expect(message).toContain(`answered 429: rate limited; next try at ${tomorrow} `);
  });

  test('that sends a failing, truncated, or stalled page is asked again', async () => {
    putMany(350);
    upstream.answers.set(1, (response) => response.writeHead(500).end('oops'));
    upstream.answers.set(3, (response) => {
      const page = JSON.stringify(upstream.page(new URLSearchParams({ limit: '100' })));
      response.end(page.slice(0, 5_000));
    });
    upstream.answers.set(5, (response) => {
      response.writeHead(200, { 'content-length': '100000' }).write('{"servers":[');
    });
    upstream.answers.set(7, (response) => {
      response.writeHead(200, { 'content-length': '100000' }).write('{"servers":[', () => response.destroy());
    });
    const api = await source({ timeoutMs: 400 });
    expect(await api.sync()).toMatchObject({ counts: { entries: 350, rejected: 0 } });
    expect(upstream.requests).toHaveLength(8);
  });

  test.each<[string, number, string]>([
    ['500', 500, 'UpstreamUnavailable'],
    ['401', 401, 'UpstreamDenied'],
    ['404', 404, 'UpstreamNotFound'],
    ['400', 400, 'UpstreamInvalid'],
  ])('that keeps answering %s fails as %s, and earlier entries are still served', async (_, status, type) => {
    putMany(3);
    const api = await source();
    await api.sync();
    upstream.answers.set(Infinity, (response) => response.writeHead(status).end('{"error":"no"}'));
    const failure = await api.failedSync();
    expect(failure).toMatchObject({ type });
    expect(failure.message).toContain(`${upstream.url}/v0.1/servers answered ${status}`);
    expect(await api.served()).toHaveLength(3);
  });

  test.each<[string, string, string]>([
    ['a web page', '<!doctype html><title>Welcome</title>', 'sent an HTML page (a login page?): check the address'],
    ['an error', '{"error":"not today"}', 'it is an object with "error"'],
    ['truncated JSON', '{"servers":[{"server":', 'the document is truncated'],
  ])('that sends %s with status 200 removes nothing', async (_, body, message) => {
    putMany(3);
    const api = await source();
    await api.sync();
    upstream.answers.set(Infinity, (response) => response.end(body));
    const failure = await api.failedSync({ full: true });
    expect(failure).toMatchObject({ type: 'UpstreamInvalid', nonRetryable: false });
    expect(failure.message).toContain(message);
    expect(await api.served()).toHaveLength(3);
  });

  test('that repeats a cursor endlessly is noticed at the second time', async () => {
    upstream.answers.set(Infinity, (response) => {
      sendJson(response, { servers: [], metadata: { nextCursor: upstream.requests.length % 3 === 0 ? 'a' : 'b' } });
    });
    const failure = await (await source()).failedSync();
    expect(failure).toMatchObject({
      type: 'UpstreamInvalid',
      message: expect.stringContaining('repeats a cursor') as string,
    });
    expect(upstream.requests.length).toBeLessThan(5);
  });

  test('that is empty removes nothing', async () => {
    putMany(12);
    const api = await source();
    await api.sync();
    upstream.items = [];
    expect(await api.failedSync({ full: true })).toMatchObject({ type: 'EmptySnapshot' });
    expect(await api.served()).toHaveLength(12);
  });

  test('that sends an invalid entry gets only that entry rejected', async () => {
    putMany(2);
    upstream.put('com.example/bad', 'latest');
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 2, rejected: 1 } });
    expect(await api.findings()).toMatchObject([
      { severity: 'rejection', name: 'com.example/bad', ordinal: 0, location: 'page 1, entry 1' },
    ]);
    // An invalid change doesn't block the ones after it.
    upstream.put('com.example/new', '1.0.0');
    expect(await api.sync()).toMatchObject({ counts: { added: 1 } });
  });
});

describe('secrets', () => {
  test('headers and the bearer token come from their files, and are sent nowhere else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fetch-api-'));
    await writeFile(join(folder, 'token'), 'the-token\n');
    await writeFile(join(folder, 'key'), 'the-key\n');
    const elsewhere = await RegistryUpstream.start();
    upstream.answers.set(1, (response) => {
      response.writeHead(307, { location: `${elsewhere.url}/v0.1/servers?limit=100` }).end();
    });
    elsewhere.answers.set(1, (response) => response.writeHead(403).end());
    const api = await source({
      headers: { 'X-Api-Key': { file: join(folder, 'key') } },
      bearerToken: { file: join(folder, 'token') },
    });
    const failure = await api.failedSync();
    expect(upstream.headers[0]).toMatchObject({ authorization: 'Bearer the-token', 'x-api-key': 'the-key' });
    expect(elsewhere.headers[0]).not.toHaveProperty('authorization');
    expect(elsewhere.headers[0]).not.toHaveProperty('x-api-key');
    expect(failure).toMatchObject({ type: 'UpstreamDenied' });
    expect(failure.message).toMatch(/a request without credentials, because http\S+ redirects to another host$/);
    expect(failure.message).not.toMatch(/the-token|the-key|limit=/);
    await elsewhere.close();
    await rm(folder, { recursive: true });
  });

  test('that no header can have are named with their file, and sent nowhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fetch-api-'));
    const token = join(folder, 'token');
    await writeFile(token, 'the-token\nthe-key\n');
    const failure = await (await source({ bearerToken: { file: token } })).failedSync();
    expect(failure).toMatchObject({ type: 'SecretUnavailable', nonRetryable: true });
    expect(failure.message).toContain(`the file ${token} (\`bearerTokenFile\`) has a line break`);
    expect(failure.message).not.toMatch(/the-token|the-key/);
    expect(upstream.requests).toEqual([]);
    await rm(folder, { recursive: true });
  });

  test('that the upstream rejects are named with their files and settings', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fetch-api-'));
    const [token, key] = [join(folder, 'token'), join(folder, 'key')];
    await Promise.all([writeFile(token, 'the-token\n'), writeFile(key, 'the-key\n')]);
    upstream.answers.set(Infinity, (response) => response.writeHead(401).end());
    const api = await source({ headers: { 'X-Api-Key': { file: key } }, bearerToken: { file: token } });
    expect((await api.failedSync()).message).toBe(
      `${upstream.url}/v0.1/servers answered 401: it rejected the bearer token in the file ${token} ` +
        `(\`bearerTokenFile\`) and the header X-Api-Key in the file ${key} (\`headers.X-Api-Key\`)`,
    );
    expect((await (await source()).failedSync()).message).toMatch(
      /rejected a request without credentials: set `bearerTokenFile` or `headers`$/,
    );
    await rm(folder, { recursive: true });
  });
});

describe('after the loss of a worker', () => {
  const PAGES = 30;

  /** Runs a fetch until its worker is lost during the request for page `page`. */
  async function loseWorkerAt(api: SourceUnderTest, page: number) {
    const input = api.next();
    const lost = activityEnvironment();
    let heartbeat: unknown;
    lost.on('heartbeat', (details) => {
      heartbeat = details;
    });
    upstream.answers.set(page, () => lost.cancel());
    const attempt = lost.run(() => failingClearly(() => fetchSnapshot(api.upstream, input)));
    await expect(attempt).rejects.toBeInstanceOf(CancelledFailure);
    return { input, heartbeat };
  }

  test('the next attempt resumes at the last chunk', async () => {
    putMany(PAGES * 100);
    const api = await source();
    const { input, heartbeat } = await loseWorkerAt(api, 28);
    const run = await findSyncRun(api.database, { sourceName: api.definition.name, number: input.number });
    expect(await stagedProgress(api.database, run!.id)).toMatchObject({ chunks: 1, entries: 2_000 });

    upstream.requests.length = 0;
    upstream.answers.clear();
    const fetched = await api.fetch(input, { attempt: 2, heartbeatDetails: heartbeat });
    expect(fetched).toMatchObject({ counts: { entries: PAGES * 100 } });
    expect(await findFetchedSnapshot(api.database, run!.id)).toMatchObject({ chunks: 2 });
    expect(upstream.requests.length).toBeLessThan(13);
  });

  test('an upstream that no longer knows the cursor is read from the start', async () => {
    putMany(PAGES * 100);
    const api = await source();
    const { input } = await loseWorkerAt(api, 25);
    upstream.requests.length = 0;
    upstream.answers.clear();
    upstream.answers.set(1, (response) => response.writeHead(400).end());
    const fetched = await api.fetch(input, { attempt: 2 });
    expect(fetched).toMatchObject({ counts: { entries: PAGES * 100 } });
    const run = await findSyncRun(api.database, { sourceName: api.definition.name, number: input.number });
    expect(await findFetchedSnapshot(api.database, run!.id)).toMatchObject({ chunks: 2 });
  }, 60_000);
});

describe('after a failed attempt', () => {
  /** Pages of ten entries with a warning each; eleven of them fill a chunk. */
  function putLarge(count: number): void {
    Object.assign(upstream, { maxLimit: 10, clampsLimit: true });
    for (let index = 0; index < count; index += 1) {
      const server = { ...serverOf(nameOf(index)), description: 'x'.repeat(100_000) };
      upstream.items.push({ server, updatedAt: ago(HOUR_MS) });
    }
  }
  const nameOf = (index: number): string => `com.example/large-${String(index).padStart(2, '0')}`;

  /** Runs an attempt that fails. Returns its last heartbeat. */
  async function failedAttempt(api: SourceUnderTest, input: FetchInput, info: Partial<Info> = {}): Promise<unknown> {
    const environment = activityEnvironment(info);
    let heartbeat: unknown;
    environment.on('heartbeat', (details) => {
      heartbeat = details;
    });
    const attempt = environment.run(() => failingClearly(() => fetchSnapshot(api.upstream, input)));
    await expect(attempt).rejects.toBeInstanceOf(ApplicationFailure);
    return heartbeat;
  }

  const failFrom = (request: number): void => {
    upstream.answers.clear();
    for (const offset of [0, 1, 2]) upstream.answers.set(request + offset, (response) => response.writeHead(502).end());
    upstream.requests.length = 0;
  };

  test('findings are counted and listed once', async () => {
    putLarge(48);
    upstream.items[3] = { ...upstream.items[3]!, server: { name: nameOf(3), version: '' } };
    const api = await source();
    const input = api.next();
    failFrom(4);
    const first = await failedAttempt(api, input);
    failFrom(1);
    const second = await failedAttempt(api, input, { attempt: 2, heartbeatDetails: first });
    upstream.answers.clear();
    const fetched = await api.fetch(input, { attempt: 3, heartbeatDetails: second });
    expect(fetched.counts).toEqual({ entries: 47, rejected: 1, warnings: 47 });
    const others = Array.from({ length: 48 }, (_, index) => index).filter((index) => index !== 3);
    expect((await api.findings()).map(({ ordinal }) => ordinal)).toEqual([3, ...others]);
  });

  test('an entry whose rejection couldn’t be stored keeps being served', async () => {
    putLarge(30);
    const api = await source();
    await api.sync();
    upstream.items[0] = { ...upstream.items[0]!, server: { name: nameOf(0), version: '1.0.0', description: 7 } };
    const input = api.next({ full: true });
    const owner = (statement: string): Promise<unknown> =>
      withClient(testDatabase.ownerSettings, (client) => client.query(statement));
    await owner('alter table snapshot_rejection add constraint none check (false) not valid');
    const heartbeat = await failedAttempt(api, input);
    await owner('alter table snapshot_rejection drop constraint none');
    await api.fetch(input, { attempt: 2, heartbeatDetails: heartbeat });
    expect(await api.apply(input)).toMatchObject({ counts: { rejected: 1, removed: 0 } });
    expect(await api.served()).toHaveLength(30);
  });
});

function serverOf(name: string): Record<string, unknown> {
  return { name, description: `What ${name} does`, version: '1.0.0' };
}

describe('an api source adapts to an upstream that', () => {
  const limits = (): (string | null)[] => upstream.requests.map(({ searchParams }) => searchParams.get('limit'));

  test.each([400, 404, 422])('allows fewer entries per page, and answers %i to larger limits', async (status) => {
    putMany(70);
    Object.assign(upstream, { maxLimit: 50, refusalStatus: status });
    const api = await source();
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 70 } });
    expect(limits()).toEqual(['100', null, null, null, null]);
    expect(upstream.requests.at(-1)!.searchParams.get('include_deleted')).toBe('true');

    upstream.requests.length = 0;
    upstream.put('com.example/new', '1.0.0');
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { added: 1, removed: 0 } });
    expect(limits()).toEqual([null]);
    expect(upstream.requests[0]!.searchParams.has('updated_since')).toBe(true);
    expect(await api.check()).toBe('nothing');
  });

  test('lowers the limit silently', async () => {
    putMany(70);
    Object.assign(upstream, { maxLimit: 20, clampsLimit: true });
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 70 } });
    expect(limits()).toEqual(['100', '100', '100', '100']);
  });

  test.each([400, 404, 422])('refuses include_deleted with %i: every sync reads everything', async (status) => {
    putMany(20);
    Object.assign(upstream, { unknownParameters: ['include_deleted'], refusalStatus: status });
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 20 } });

    upstream.requests.length = 0;
    upstream.items.pop();
    expect(await api.check()).toBe('maybe');
    expect(await api.sync()).toMatchObject({ outcome: 'changed', counts: { removed: 1 } });
    expect(upstream.requests.map(({ search }) => search)).toEqual(['?limit=100']);
  });

  test('refuses updated_since: every sync reads everything, deleted entries included', async () => {
    putMany(20);
    upstream.unknownParameters = ['updated_since'];
    const api = await source();
    await api.sync();
    upstream.items[0] = { ...upstream.items[0]!, status: 'deleted' };
    upstream.items.pop();
    expect(await api.sync()).toMatchObject({ counts: { entries: 19, changed: 1, removed: 1 } });

    upstream.requests.length = 0;
    expect(await api.sync()).toMatchObject({ outcome: 'unchanged' });
    expect(upstream.requests.map(({ search }) => search)).toEqual(['?limit=100&include_deleted=true']);
  });

  test('refuses every parameter', async () => {
    putMany(40);
    upstream.unknownParameters = ['limit', 'include_deleted', 'updated_since'];
    const api = await source();
    expect(await api.sync()).toMatchObject({ counts: { entries: 40 } });
  });

  test('accepts the parameters again at the next full sync', async () => {
    putMany(20);
    upstream.unknownParameters = ['include_deleted'];
    const api = await source();
    await api.sync();
    upstream.unknownParameters = [];
    await api.sync({ full: true });
    upstream.requests.length = 0;
    await api.sync();
    expect(upstream.requests.map(({ searchParams }) => searchParams.has('updated_since'))).toEqual([true]);
  });

  test('refuses everything: two requests, and the first answer is the failure', async () => {
    upstream.answers.set(Infinity, (response) => response.writeHead(400).end('no such thing'));
    const api = await source();
    expect(await api.failedSync()).toMatchObject({
      type: 'UpstreamInvalid',
      message: expect.stringContaining('answered 400: no such thing'),
    });
    expect(upstream.requests).toHaveLength(2);
  });

  test.each<[what: string, page: (query: URLSearchParams) => object]>([
    ['ignores the cursor', () => upstream.page(new URLSearchParams('limit=10'))],
    ['returns the same cursor again', (query) => ({ ...upstream.page(query), metadata: { nextCursor: 'again' } })],
  ])('%s fails instead of reading endlessly', async (_, page) => {
    putMany(30);
    upstream.answers.set(Infinity, (response, request) =>
      sendJson(response, page(new URL(request.url!, upstream.url).searchParams)),
    );
    const api = await source();
    expect(await api.failedSync()).toMatchObject({ message: expect.stringContaining('repeats a cursor') });
    expect(upstream.requests).toHaveLength(2);
  });
});
