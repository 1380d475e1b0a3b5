import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync, brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type Item, label, expectError, readJson, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';
import { sendAsWritten } from './sent-as-written.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  await sync(api.database, {
    sourceName: 'alpha',
    entries: [
      draft('com.example/weather', '1.0.0', { description: 'x'.repeat(90) }),
      draft('com.example/weather', '1.0.0+build.5'),
      ...Array.from({ length: 30 }, (_, index) => draft(`com.example/server-${index}`, '1.0.0')),
    ],
  });
});
afterAll(() => api.stop());

const CHUNKED =
  'POST /v0.1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n';
const LIST = '/v0.1/servers';
const LATEST = '/v0.1/servers/com.example%2Fweather/versions/latest';

/** Sends exactly these bytes, and returns the server's answer. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('names and versions in paths', () => {
  test.each([
    ['an encoded slash', '/v0.1/servers/com.example%2Fweather/versions/1.0.0'],
    ['an encoded slash in lower case', '/v0.1/servers/com.example%2fweather/versions/1.0.0'],
    ['a plain slash', '/v0.1/servers/com.example/weather/versions/1.0.0'],
    ['a trailing slash', '/v0.1/servers/com.example%2Fweather/versions/1.0.0/'],
  ])('are understood with %s', async (_, path) => {
    expect(label(await readJson<Item>(api, path))).toBe('com.example/weather@1.0.0');
  });

  test.each(['1.0.0%2Bbuild.5', '1.0.0+build.5'])('can contain a plus sign: %s', async (version) => {
    const item = await readJson<Item>(api, `/v0.1/servers/com.example/weather/versions/${version}`);
    expect(label(item)).toBe('com.example/weather@1.0.0+build.5');
  });

  test.each(['com.example%2Fweather', 'com.example/weather'])('are understood in a whole URL: %s', async (name) => {
    const answer = await sendRaw(
      `GET http://registry.example/v0.1/servers/${name}/versions/1.0.0 HTTP/1.1\r\nHost: registry.example\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('without a version the latest one is used', async () => {
    expect(await readJson(api, '/v0.1/servers/com.example/weather')).toEqual(await readJson(api, LATEST));
  });
});

describe('errors are JSON with the right status', () => {
  test.each([
    ['limit=0', '"limit" must be a whole number of at least 1'],
    ['limit=-1', '"limit"'],
    ['limit=abc', '"limit"'],
    ['limit=1.5', '"limit"'],
    ['limit=', '"limit"'],
    ['updated_since=yesterday', '"updated_since" must be a timestamp'],
    ['updated_since=2025-02-31T00:00:00Z', '"updated_since"'],
    ['include_deleted=maybe', '"include_deleted" must be true or false'],
    ['updated_since=2025-01-01T00:00:00Z&include_deleted=false', '"include_deleted" must not be false'],
    ['search=%00', '"search" must not contain the character NUL'],
    ['limit=5&limit=6', '"limit" is given more than once'],
    ['search=%zz', 'malformed percent-encoding'],
    ['search=%ff', 'malformed percent-encoding'],
    ['limit=0&include_deleted=maybe', '"include_deleted"'],
  ])('400 for ?%s', async (query, message) => {
    expect(await expectError(await api.get(`${LIST}?${query}`), 400)).toContain(message);
  });

  test.each([
    ['a malformed percent sign in the path', '/v0.1/servers/%zz/versions'],
    ['half a character in the path', '/v0.1/servers/com.example%2F%E0%A4/versions'],
    ['a malformed percent sign in the name of a registry', '/registry/%/v0.1/servers'],
    ['a malformed percent sign in a path of the admin API', '/v1/sources/%'],
    ['a malformed percent sign in the name of a procedure', '/trpc/%'],
    ['a malformed percent sign in an unknown path', '/%'],
    ['NUL in the path', '/v0.1/servers/com.example%2Fx%00/versions'],
  ])('400 for %s', async (_, path) => {
    await expectError(await api.get(path), 400);
  });

  test.each([
    ['/nothing'],
    ['/v0.1/nothing'],
    ['/v0.1/servers/com.example%2Fnone/versions'],
    ['/v0.1/servers/com.example%2Fnone/versions/latest'],
    ['/v0.1/servers/com.example%2Fweather/versions/7.0.0'],
    ['/v0.1/servers/nonsense/versions'],
    ['/registry/none/v0.1/servers'],
    ['/extension/v0/registries/none'],
    ['/api/v0/servers/none'],
  ])('404 for %s', async (path) => {
    await expectError(await api.get(path), 404);
  });

  test('405 names the allowed methods', async () => {
    const response = await api.send('POST', LIST, { body: {} });
    await expectError(response, 405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect((await api.send('POST', '/v0.1/servers/a%2Fb/versions/1')).headers.get('allow')).toBe(
      'GET, HEAD, PUT, DELETE',
    );
  });

  test.each([
    ['malformed JSON', '{"name": ', 400],
    ['no body', undefined, 400],
    ['bytes that aren’t UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400],
  ])('a body that is %s', async (_, body, status) => {
    const response = await api.get('/v0.1/validate', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    await expectError(response, status);
  });

  test.each([
    ['packages', { packages: Array.from({ length: 300_000 }, () => ({})) }],
    ['environment variables', { packages: [{ environmentVariables: Array.from({ length: 9_000 }, () => ({})) }] }],
  ])('a document full of faults in %s gets a short answer', async (_, members) => {
    const response = await api.send('POST', '/v0.1/validate', { body: JSON.stringify(members) });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.length).toBeLessThan(64 * 1024);
    expect(JSON.parse(text)).toMatchObject({ valid: false });
  });

  test('413 names the limit', async () => {
    const response = await api.send('POST', '/v0.1/validate', { body: 'x'.repeat(1024 * 1024 + 1) });
    expect(await expectError(response, 413)).toContain('larger than 1048576 bytes');
  });

  test('413 comes before a body whose declared length is too large', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(
      'POST /v0.1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('415 for a body that isn’t JSON', async () => {
    await expectError(
      await api.send('POST', '/v0.1/validate', { body: '{}', headers: { 'content-type': 'text/plain' } }),
      415,
    );
  });

  test.each(['gzip', 'deflate', 'br'])('400 for a body that isn’t %s, although it says so', async (encoding) => {
    const headers = { 'content-encoding': encoding };
    const response = await api.send('POST', '/v0.1/validate', { body: '{"name": "plain"}', headers });
    expect(await expectError(response, 400)).toBe(
      `The body is not in the format that Content-Encoding names: ${encoding}`,
    );
  });

  test.each([
    ['utf-16', 415],
    ['"iso-8859-1"', 415],
    ['UTF-8', 200],
    ['"utf8"', 200],
    ["'utf-8'", 200],
    ['ascii', 200],
    ['', 200],
  ])('a body in the charset %s is answered with %d', async (charset, status) => {
    const headers = { 'content-type': `application/json; charset=${charset}` };
    expect((await api.send('POST', '/v0.1/validate', { body: '{}', headers })).status).toBe(status);
  });

  test('unknown query parameters are ignored', async () => {
    expect((await readPage(api, `${LIST}?limit=1&utm_source=x&utm_source=y`)).metadata.count).toBe(1);
  });

  test.each([
    ['a text that isn’t HTTP', 'nonsense\r\n\r\n', 400],
    ['an unknown method', 'BREW /v0.1/servers HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a control character in a header', 'GET /health HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n', 400],
    ['a body with two lengths', `${CHUNKED}Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400],
    ['a chunk without a length', `${CHUNKED}\r\nzz\r\n{}\r\n0\r\n\r\n`, 400],
    ['headers that are too large', `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(140_000)}\r\n\r\n`, 431],
    ['a path that is too large', `GET /${'x'.repeat(140_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])('%s is refused', async (_, text, status) => {
    const [head = '', body = ''] = (await sendRaw(text)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\nContent-Type: application/json`));
    expect(JSON.parse(body)).toEqual({ error: expect.any(String) as string });
  });
});

describe('timestamps', () => {
  test.each([
    '2020-01-01T00:00:00Z',
    '2020-01-01T00:00:00.123456789Z',
    '2020-01-01t00:00:00z',
    '2020-01-01T00:00:00%2B02:00',
    // Not encoded, a plus sign is a space.
    '2020-01-01T00:00:00+02:00',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
  ])('%s is understood', async (timestamp) => {
    expect((await readPage(api, `${LIST}?updated_since=${timestamp}&limit=1`)).metadata.count).toBe(1);
  });
});

describe('entity tags', () => {
  test('a GET has a strong one, and is 304 for a client that has it', async () => {
    const first = await api.get(LIST);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[^"]+"$/);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    for (const condition of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const second = await api.get(LIST, { headers: { 'if-none-match': condition } });
      expect(second.status).toBe(304);
      expect(second.headers.get('etag')).toBe(tag);
      expect(second.headers.get('access-control-allow-origin')).toBe('*');
      expect(await second.text()).toBe('');
    }
    expect((await api.get(LIST, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('each encoding of a body has its own', async () => {
    const tags = await Promise.all(
      ['identity', 'gzip', 'br'].map(
        async (encoding) =>
          (await sendAsWritten(api.url, LIST, { headers: { 'accept-encoding': encoding } })).headers['etag'],
      ),
    );
    expect(new Set(tags).size).toBe(3);
    const held = await sendAsWritten(api.url, LIST, {
      headers: { 'accept-encoding': 'br', 'if-none-match': String(tags[2]) },
    });
    expect([held.status, held.body.length]).toEqual([304, 0]);
    // A client that no longer accepts gzip must not keep using its copy.
    expect(
      (
        await sendAsWritten(api.url, LIST, {
          headers: { 'accept-encoding': 'identity', 'if-none-match': String(tags[1]) },
        })
      ).status,
    ).toBe(200);
  });

  test('differ by resource and query, but not by the notation of a query', async () => {
    const tagOf = async (path: string): Promise<string | null> => (await api.get(path)).headers.get('etag');
    expect(await tagOf(`${LIST}?limit=2`)).not.toBe(await tagOf(`${LIST}?limit=3`));
    expect(await tagOf(`${LIST}?limit=2&search=x`)).toBe(await tagOf(`${LIST}?search=x&limit=2&unknown=1`));
  });
});

describe('compression', () => {
  test('sends large bodies in the client’s preferred encoding', async () => {
    const plain = await sendAsWritten(api.url, LIST, { headers: {} });
    const gzip = await sendAsWritten(api.url, LIST, { headers: { 'accept-encoding': 'gzip' } });
    const brotli = await sendAsWritten(api.url, LIST, { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
    expect(gzip.body.length).toBeLessThan(plain.body.length / 4);
    for (const { headers, body } of [plain, gzip, brotli]) {
      expect(headers['content-length']).toBe(String(body.length));
      expect(headers['vary']).toContain('Accept-Encoding');
    }
  });

  test.each([
    ['br;q=0.1, gzip', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['*', 'br'],
    ['deflate', undefined],
  ])('follows the client’s quality values: %s', async (accepted, encoding) => {
    expect(
      (await sendAsWritten(api.url, LIST, { headers: { 'accept-encoding': accepted } })).headers['content-encoding'],
    ).toBe(encoding);
  });

  test('doesn’t compress small bodies', async () => {
    const { headers, body } = await sendAsWritten(api.url, `${LIST}?limit=1`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(body.toString())).toHaveProperty('servers');
  });
});

test('HEAD answers with the headers of GET and no body', async () => {
  const get = await api.get(LATEST);
  for (const head of [await api.get(LATEST, { method: 'HEAD' }), await api.get(LATEST, { method: 'HEAD' })]) {
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['etag', 'content-type', 'content-length']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
  }
});

test('a cached answer has the headers of the first one', async () => {
  const path = `${LIST}?search=an-answer-from-memory`;
  const [first, second] = [await api.get(path), await api.get(path)];
  const headersOf = ({ headers }: Response): Record<string, string> =>
    Object.fromEntries([...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id'));
  expect(headersOf(second)).toEqual(headersOf(first));
  expect(headersOf(first)).toMatchObject({ 'x-content-type-options': 'nosniff', 'access-control-allow-origin': '*' });
});

test('every answer has the headers of helmet', async () => {
  const { headers } = await api.get('/nothing');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.has('x-powered-by')).toBe(false);
});

describe('the service endpoints of the registry API', () => {
  const bases = ['/v0.1', '/v0', '/registry/v0.1', '/registry/default/v0.1', '/registry/default/v0'];

  test.each(bases)('answer under %s', async (base) => {
    const bodies = ['health', 'ping', 'version'].map(async (name) => (await api.get(`${base}/${name}`)).json());
    expect(await Promise.all(bodies)).toEqual([
      { status: 'ok' },
      { pong: true },
      { version: expect.stringMatching(/^\d+\.\d+/), git_commit: expect.any(String), build_time: expect.any(String) },
    ]);
  });
});

describe('health', () => {
  test.each(['/health', '/readiness', '/version'])('%s is served on both ports', async (path) => {
    const [open, internal] = [await api.get(path), await fetch(api.internalUrl + path)];
    expect([open.status, internal.status]).toEqual([200, 200]);
    expect(await internal.json()).toMatchObject((await open.json()) as object);
  });

  test('the internal port serves nothing else', async () => {
    await expectError(await fetch(`${api.internalUrl}/v0.1/servers`), 404);
  });
});
