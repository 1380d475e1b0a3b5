import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Agent } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { type Exchange, exchange, type Sending } from '../../outbound/exchange.ts';
import { createLoopbackCertificate } from '../certificate-authority.ts';

let server: Http2SecureServer;
let dispatcher: Agent;
/** Streams of requests for `/unanswered`, which the test answers. */
let unanswered: ((stream: ServerHttp2Stream) => void) | undefined;
let uncaught: unknown[];
const onUncaught = (error: unknown): void => void uncaught.push(error);

beforeEach(async () => {
  const { authority, certificate, privateKey } = await createLoopbackCertificate();
  server = createSecureServer({ cert: certificate, key: privateKey });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers[':path'] === '/unanswered') unanswered?.(stream);
    else stream.respond({ ':status': 200 }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  dispatcher = new Agent({ connect: { ca: authority } });
  uncaught = [];
  process.on('uncaughtException', onUncaught);
});
afterEach(async () => {
  await dispatcher.destroy();
  await new Promise((resolve) => server.close(resolve));
  process.off('uncaughtException', onUncaught);
});

const send = async (path: string, sending: Sending, signal = new AbortController().signal): Promise<void> => {
  const { port } = server.address() as AddressInfo;
  const wanted: Exchange = {
    url: new URL(`https://${LOOPBACK}:${port}${path}`),
    dispatcher,
    timeoutMs: 10_000,
    signal,
    ...sending,
  };
  await (await exchange(wanted)).body.dump();
};

test('an answer to an aborted request is refused, and has no effect when the connection ends', async () => {
  await send('/', {});
  const received = new Promise<ServerHttp2Stream>((resolve) => {
    unanswered = resolve;
  });
  const aborting = new AbortController();
  const content = { json: {}, type: 'application/json' };
  const answer = send('/unanswered', { method: 'PATCH', content }, aborting.signal);
  aborting.abort(new Error('no longer wanted'));
  await expect(answer).rejects.toThrow('no longer wanted');

  const stream = await received;
  const refused = new Promise<number | undefined>((resolve) => {
    stream.on('close', () => resolve(stream.rstCode));
  });
  stream.respond({ ':status': 200 });
  stream.write('The answer.');
  // This answer comes after the other one, on the same connection.
  await send('/', {});
  await dispatcher.destroy();
  await turn();
  expect(uncaught).toEqual([]);
  expect(await refused).toBe(constants.NGHTTP2_CANCEL);
});
