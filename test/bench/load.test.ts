import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOAD_TOOLS } from '../../bench/load/load.ts';
import { findOnPath } from '../../embedded/programs.ts';

const CONNECTIONS = 8;
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end('answer');
});
let origin: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const hasWrk = (await findOnPath('wrk')) !== undefined;

describe.each(['wrk', 'autocannon'] as const)('load by %s', (tool) => {
  const putUnderLoad = LOAD_TOOLS[tool];

  test.runIf(tool !== 'wrk' || hasWrk)(
    'asks for each path once on all connections together, and then stops',
    async () => {
      asked.length = 0;
      const paths = pathsTo(400);
      const seconds = 4;
      const result = await putUnderLoad({ origin, paths, once: true, connections: CONNECTIONS, seconds });
      expect(result.failures).toBe(0);
      expect(result.requests).toBeGreaterThan(paths.length - 2 * CONNECTIONS);
      expect(result.requests).toBeLessThanOrEqual(paths.length);
      // While its first requests are being answered, or its last ones, wrk can skip or repeat one path.
      const distinct = new Set(asked);
      expect(distinct.size).toBeGreaterThanOrEqual(paths.length - 1);
      expect(asked.length - distinct.size).toBeLessThanOrEqual(CONNECTIONS);
      // The rate is that of the time until then, however long that took, and not of all the time that there was.
      expect(result.requestsPerSecond).toBeGreaterThan(result.requests / seconds);
    },
  );

  test.runIf(tool !== 'wrk' || hasWrk)('sends as many different requests as there are without a failure', async () => {
    asked.length = 0;
    const result = await putUnderLoad({ origin, paths: pathsTo(30_000), connections: 32, seconds: 1 });
    expect(result.failures).toBe(0);
    expect(new Set(asked).size).toBeGreaterThan(0.95 * Math.min(asked.length, 30_000));
  });

  test.runIf(tool !== 'wrk' || hasWrk)('repeats a path on every connection', async () => {
    asked.length = 0;
    const result = await putUnderLoad({ origin, paths: ['/one'], connections: CONNECTIONS, seconds: 1 });
    expect(result.failures).toBe(0);
    expect(result.requests).toBeGreaterThan(CONNECTIONS);
    expect(new Set(asked)).toEqual(new Set(['/one']));
  });
});

function pathsTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/path-${index}?search=something`);
}
