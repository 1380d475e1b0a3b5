/** Clients of exports that hang up or don't read don't affect other exports. */
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

/** Together more than the connections and the process buffer of an answer that isn't read: 24 MB. */
const SERVERS = 400;
const FILLING = 'x'.repeat(60_000);
const EXPORT = '/registry/default/servers.json';

let api: RunningApi;
const sockets: Socket[] = [];

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  const entries = Array.from({ length: SERVERS }, (_, index) => {
    const name = `com.example/server-${index}`;
    return draft(name, '1.0.0', { document: JSON.stringify({ name, version: '1.0.0', description: FILLING }) });
  });
  await sync(api.database, { sourceName: 'alpha', entries });
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => api.stop());

/** Requests an export, and stops reading after the first bytes. */
async function askAndNotRead(): Promise<Socket> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  socket.write(`GET ${EXPORT} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n\r\n`);
  await new Promise<void>((resolve) => {
    socket.once('data', () => {
      socket.pause();
      resolve();
    });
  });
  return socket;
}

async function exportFrom(localAddress: string): Promise<number> {
  const request = get(api.url + EXPORT, { localAddress });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { servers } = JSON.parse(await text(response)) as { servers: unknown[] };
  return servers.length;
}

test('requests that are cancelled before their answer begins release everything', async () => {
  for (let round = 0; round < 5; round++) {
    const givenUp = Array.from({ length: 6 }, async () => {
      const hangUp = new AbortController();
      const answer = api.get(EXPORT, { signal: hangUp.signal });
      setImmediate(() => hangUp.abort());
      await expect(answer).rejects.toThrow('aborted');
    });
    await Promise.all(givenUp);
  }
  expect(await exportFrom('127.0.0.1')).toBe(SERVERS);
});

test('requests that are cancelled during their answer release everything', async () => {
  for (let round = 0; round < 5; round++) {
    const [first, second] = [await askAndNotRead(), await askAndNotRead()];
    first.destroy();
    second.destroy();
  }
  expect(await exportFrom('127.0.0.1')).toBe(SERVERS);
});

test('clients at one address that don’t read don’t delay another address', async () => {
  await askAndNotRead();
  await askAndNotRead();
  expect(await exportFrom('127.0.0.2')).toBe(SERVERS);
});
