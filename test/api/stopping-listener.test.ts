/** What clients of a server get that stops at the same moment. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type HttpListener, listen } from '../../api/http/listener.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

async function serve(listener: RequestListener): Promise<{ server: HttpListener; open: () => Socket }> {
  const server = await listen(listener, '127.0.0.1:0');
  return { server, open: () => connect(Number(new URL(server.url).port), '127.0.0.1') };
}

test('requests on a kept connection are answered until an answer ends the connection', async () => {
  const { server, open } = await serve((_request, response) => response.end('whole'));
  const client = open();
  const ask = async (): Promise<string> => {
    client.write(REQUEST);
    return String((await once(client, 'data'))[0]);
  };
  expect(await ask()).toMatch(/Connection: keep-alive[\s\S]*whole$/);
  const closed = server.close();
  let answer: string;
  do {
    answer = await ask();
    expect(answer).toMatch(/whole$/);
  } while (!answer.includes('Connection: close'));
  await once(client, 'end');
  await closed;
});

test('a connection that waits to be accepted is answered', async () => {
  const { server, open } = await serve((_request, response) => response.end('whole'));
  const client = open();
  client.write(REQUEST);
  // Connects without letting the server accept it.
  await new Promise((resolve) => process.nextTick(resolve));
  const closed = server.close();
  expect(await text(client)).toMatch(/whole$/);
  await closed;
});

test('an answer that the client reads slowly is sent whole', async () => {
  const size = 32 * 1024 * 1024;
  const answered = Promise.withResolvers<void>();
  const { server, open } = await serve((_request, response) => {
    response.end(Buffer.alloc(size, 'x'));
    answered.resolve();
  });
  const client = open().pause();
  client.write(REQUEST);
  await answered.promise;
  const closed = server.close();
  await nextTurn();
  expect((await text(client)).length).toBeGreaterThan(size);
  await closed;
});

test('connections without a request are closed', async () => {
  const { server, open } = await serve((_request, response) => response.end());
  const client = open();
  await once(client, 'connect');
  await server.close();
  expect(await text(client)).toBe('');
});

test.each(['first', 'second'])(
  'the %s request of a connection is answered if it has only partly arrived',
  async (which) => {
    const { server, open } = await serve((_request, response) => response.end('whole'));
    const [client, idle] = [open(), open()];
    await Promise.all([once(client, 'connect'), once(idle, 'connect')]);
    if (which === 'second') {
      client.write(REQUEST);
      await once(client, 'data');
    }
    client.write(REQUEST.slice(0, 20));
    const closed = server.close();
    await once(idle.resume(), 'close');
    client.write(REQUEST.slice(20));
    expect(await text(client)).toMatch(/Connection: close[\s\S]*whole$/);
    await closed;
  },
);
