import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

let testDatabase: TestDatabase;
let server: Server;
let requests: IncomingMessage[];
let answer: (response: ServerResponse, request: IncomingMessage) => unknown;
let url: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry.json`;
  return () => {
    server.closeAllConnections();
    server.close();
  };
});

const DOCUMENT = envelope([serverJson('com.example/one')]);

async function source(location: { url?: string; timeoutMs?: number } = {}): Promise<SourceUnderTest> {
  const origin = { kind: 'file', location: { url, timeoutMs: 2_000, ...location } } as const;
  return await SourceUnderTest.of(testDatabase.database, origin);
}

test('a document with an entity tag is downloaded once', async () => {
  answer = (response, request) => {
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"v1"' }).end(DOCUMENT);
  };
  const file = await source();
  expect(await file.sync()).toMatchObject({ outcome: 'changed', upstreamRevision: '"v1"', counts: { entries: 1 } });
  expect(await file.check()).toBe('nothing');
  expect(await file.sync()).toMatchObject({ snapshot: 'unchanged', outcome: 'unchanged' });
  expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"']);
});

test('a document with only a date is requested by its date', async () => {
  const date = 'Wed, 01 Jul 2026 00:00:00 GMT';
  answer = (response, request) => {
    if (request.headers['if-modified-since'] === date) response.writeHead(304).end();
    else response.writeHead(200, { 'last-modified': date }).end(DOCUMENT);
  };
  const file = await source();
  await file.sync();
  expect(await file.check()).toBe('nothing');
});

test('a document without validators is downloaded again, but not staged', async () => {
  answer = (response) => response.end(DOCUMENT);
  const file = await source();
  await file.sync();
  expect(await file.check()).toBe('maybe');
  expect(await file.sync()).toMatchObject({ snapshot: 'unchanged', outcome: 'unchanged' });
});

test('a document that exceeds the small disk allowance is downloaded again with the large one', async () => {
  answer = (response) => response.end(`${DOCUMENT}${' '.repeat(17 * 1024 * 1024)}`);
  const file = await source();
  expect(await file.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 1 } });
  expect(requests).toHaveLength(2);
});

test('a compressed document behind a redirect is read', async () => {
  answer = (response, request) => {
    if (request.url === '/moved') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(DOCUMENT));
    } else response.writeHead(302, { location: '/moved' }).end();
  };
  expect(await (await source()).sync()).toMatchObject({ counts: { entries: 1 } });
});

test('YAML is recognized by its content type', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'application/yaml' });
    response.end('{name: com.example/flow, description: Flow style, version: "1.0.0"}');
  };
  const file = await source();
  await file.sync();
  expect(await file.served()).toEqual(['com.example/flow@1.0.0']);
});

test.each<[string, typeof answer, string, string]>([
  [
    'redirects in circles',
    (response) => response.writeHead(302, { location: '/' }).end(),
    'UpstreamInvalid',
    'redirects more than 5 times',
  ],
  [
    'redirects to a file',
    (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    'UpstreamInvalid',
    "isn't an HTTP URL",
  ],
  [
    'stalls in the middle',
    (response) => response.writeHead(200).write('{"version":'),
    'UpstreamUnavailable',
    'the answer stopped coming',
  ],
  ['never answers', () => {}, 'UpstreamUnavailable', 'no answer in time'],
  ['hangs up', (response) => response.destroy(), 'UpstreamUnavailable', 'the connection was interrupted'],
  [
    'sends broken compression',
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no'),
    'UpstreamUnavailable',
    'incorrect header check',
  ],
  [
    'sends its login page',
    (response) => response.end('\n<!DOCTYPE html><title>Sign in</title>'),
    'DocumentInvalid',
    'got an HTML page (a login page?)',
  ],
  ['is missing', (response) => response.writeHead(404).end(), 'UpstreamNotFound', 'answered 404'],
])(
  'an upstream that %s: earlier entries are still served',
  async (...[, misbehave, type, message]) => {
    answer = (response) => response.end(DOCUMENT);
    const file = await source({ url: `${url}?token=secret`, timeoutMs: 300 });
    await file.sync();
    answer = misbehave;
    const failure = await file.failedSync();
    expect(failure.type).toBe(type);
    expect(failure.message).toContain(message);
    expect(failure.message).not.toContain('secret');
    expect(await file.served()).toEqual(['com.example/one@1.0.0']);
  },
  15_000,
);
