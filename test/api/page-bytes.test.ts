import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

const SERVERS = 100;
/** `{"server":…,"_meta":{…}}` around a document: status, three dates, whether it is the latest, and its provenance. */
const MOST_BYTES_AROUND = 380;

const entries = Array.from({ length: SERVERS }, (_, index) => {
  const name = `com.example/server-${String(index).padStart(3, '0')}`;
  const description = `What the server of the number ${index} does for those who ask it`;
  const packages = [{ registryType: 'npm', identifier: `@example/server-${index}`, transport: { type: 'stdio' } }];
  const document = JSON.stringify({ name, version: '1.0.0', description, packages });
  return draft(name, '1.0.0', { description, document });
});

let api: RunningApi;
beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  await sync(api.database, { sourceName: 'alpha', entries });
});
afterAll(() => api.stop());

/** The number of bytes sent for headers and body. */
async function bytesOf(path: string, headers: Record<string, string> = {}): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request(`${api.url}${path}`, { headers, agent: false }, (response) => {
      const { socket } = response;
      response.resume().once('end', () => resolve(socket.bytesRead));
    });
    sent.once('error', reject).end();
  });
}

test('a page is hardly larger than its documents, and a fraction of them if compressed', async () => {
  const documents = entries.reduce((sum, { document }) => sum + Buffer.byteLength(document), 0);
  const plain = await bytesOf(`/v0.1/servers?limit=${SERVERS}`);
  expect(plain).toBeLessThan(documents + SERVERS * MOST_BYTES_AROUND + 2_000);
  expect(await bytesOf(`/v0.1/servers?limit=${SERVERS}`, { 'accept-encoding': 'gzip' })).toBeLessThan(plain / 8);
});

test('a client that already has a page gets only headers', async () => {
  const { headers } = await api.get('/v0.1/servers', { headers: { 'accept-encoding': 'identity' } });
  expect(await bytesOf('/v0.1/servers', { 'if-none-match': headers.get('etag')! })).toBeLessThan(2_000);
});
