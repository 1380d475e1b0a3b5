/** Two fetches of a process can hold large pages at a time; small pages never wait for them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiUpstream, type PageReader } from '../../sources/api/upstream.ts';
import { DocumentReader } from '../../registry/document/reader.ts';
import { eventually } from '../eventually.ts';

const READER: PageReader = (bytes) => new DocumentReader({ format: 'upstream' }).readAll(bytes);
const QUERY = { kind: 'server' as const, since: null, limit: 100, includeDeleted: true };

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    const padding = ' '.repeat(request.url?.startsWith('/large') ? 2 * 1024 * 1024 : 0);
    response.end(`{"servers":[],"metadata":{}${padding}}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function open(path: 'large' | 'small', timeoutMs = 60_000): Promise<ApiUpstream> {
  const endpoint = `http://127.0.0.1:${port}/${path}`;
  const { signal } = new AbortController();
  return ApiUpstream.open({ kind: 'api', endpoint, timeoutMs, fullSyncEveryMs: 1 }, { guard: null, signal });
}

test('a third large page is read when one of two is staged, and its wait does not count as the upstream’s', async () => {
  const upstreams = [await open('large'), await open('large'), await open('large', 1_000)];
  const read: ApiUpstream[] = [];
  const reads = upstreams.map(async (upstream) => {
    await upstream.readPage(QUERY, READER);
    read.push(upstream);
  });
  await eventually(async () => read.length === 2, 'two large pages are read');
  const small = await open('small');
  await expect(small.readPage(QUERY, READER)).resolves.toMatchObject({ nextCursor: null });
  expect(read).toHaveLength(2);
  read[0]!.close();
  await Promise.all(reads);
  expect(read).toHaveLength(3);
  for (const upstream of upstreams) upstream.close();
});

test('a page that cannot be read ends its turn', async () => {
  const failing: PageReader = () => {
    throw new TypeError('broken');
  };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect((await open('large')).readPage(QUERY, failing)).rejects.toThrow('broken');
  }
});
