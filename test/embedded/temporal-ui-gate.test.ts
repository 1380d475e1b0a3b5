import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type RequestOptions, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { openTemporalUiGate, type TemporalUiGate } from '../../embedded/temporal-ui-gate.ts';

let ui: Server;
let gate: TemporalUiGate;
let port: number;
let seen: string[];

beforeEach(async () => {
  seen = [];
  ui = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      seen.push(`${incoming.method} ${incoming.url} ${body}`);
      response.writeHead(201, { 'Set-Cookie': ['a=1', 'b=2'] }).end('from the UI');
    });
  }).listen(0, LOOPBACK);
  await once(ui, 'listening');
  port = await findFreePort();
  gate = await openTemporalUiGate(port, { host: LOOPBACK, port: (ui.address() as AddressInfo).port });
});

afterEach(() => {
  gate.close();
  ui.close();
});

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly cookies: readonly string[] | undefined;
}

async function send(options: RequestOptions, body = ''): Promise<Answer> {
  const outgoing = request({ host: LOOPBACK, port, path: '/api/v1/x?y=z', agent: false, ...options }).end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, cookies: answer.headers['set-cookie'], body: await text(answer) };
}

test('requests of its own pages reach the UI unchanged, and so does the answer', async () => {
  for (const host of [`${LOOPBACK}:${port}`, `localhost:${port}`]) {
    expect(await send({ headers: { Host: host } })).toMatchObject({ status: 201, body: 'from the UI' });
    const headers = { Host: host, Origin: `http://${host}` };
    expect(await send({ method: 'POST', headers }, 'a body')).toMatchObject({ cookies: ['a=1', 'b=2'] });
  }
  expect(seen).toEqual(Array.from({ length: 2 }, () => ['GET /api/v1/x?y=z ', 'POST /api/v1/x?y=z a body']).flat());
});

test.each([
  [{ Host: 'attacker.example' }],
  [{ Host: `attacker.example:8233` }],
  [{ Host: 'localhost' }],
  [{ Host: 'localhost:1' }],
  [{ Host: `localhost.attacker.example` }],
  [{ Host: 'own', Origin: 'http://attacker.example' }],
  [{ Host: 'own', Origin: 'null' }],
  [{ Host: 'own', Origin: `http://${LOOPBACK}:1` }],
  [{ Host: 'own', Origin: 'https://own' }],
])('a request with %j doesn’t reach the UI', async (headers) => {
  const own = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('own', `${LOOPBACK}:${port}`)]),
  );
  expect(await send({ method: 'POST', headers: own })).toMatchObject({
    status: 403,
    body: `Open Temporal's Web UI as http://${LOOPBACK}:${port}\n`,
  });
  expect(seen).toEqual([]);
});

test('while the UI doesn’t answer, the proxy says so', async () => {
  ui.close();
  expect(await send({ headers: { Host: `localhost:${port}` } })).toMatchObject({ status: 502 });
});
