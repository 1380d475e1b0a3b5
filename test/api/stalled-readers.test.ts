import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type HttpListener, listen } from '../../api/http/listener.ts';

const STALLED_MS = 100;
let server: HttpListener;

afterEach(() => server.close());

async function serve(listener: RequestListener): Promise<void> {
  server = await listen(listener, '127.0.0.1:0', { stalledReaderTimeoutMs: STALLED_MS });
}

test('a client that doesn’t read its answer is disconnected', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<ServerResponse>();
  await serve((_request, response) => {
    response.end(Buffer.alloc(64 * 1024 * 1024));
    resolve(response);
  });
  const client = connect(Number(new URL(server.url).port), '127.0.0.1');
  client.on('error', () => undefined).pause();
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const response = await answer;
  if (!response.closed) await once(response, 'close');
  expect(response.writableFinished).toBe(false);
  client.destroy();
});

test('an answer that takes the server longer is waited for', async () => {
  await serve((_request, response) => void setTimeout(() => response.end('late'), 5 * STALLED_MS));
  expect(await (await fetch(server.url)).text()).toBe('late');
});
