import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { type RunningCommand, startRollcall } from '../cli/rollcall-process.ts';
import { drafts, source, sync, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { eventually } from '../eventually.ts';
import { type Backend, type LoadBalancer, startLoadBalancer } from './load-balancer.ts';

interface ApiProcess extends Backend {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
}

let database: TestDatabase;
let folder: string;
let processes: readonly ApiProcess[];
let balancer: LoadBalancer;

beforeAll(async () => {
  [database, folder] = await Promise.all([createTestDatabase(), mkdtemp(join(tmpdir(), 'rollcall-restart-'))]);
  await useSources(database.database, source('alpha'));
  await sync(database.database, { sourceName: 'alpha', entries: drafts(500) });
  processes = await Promise.all([createApiProcess('a'), createApiProcess('b')]);
  for (const api of processes) api.start();
  balancer = await startLoadBalancer(processes);
  await eventually(() => processes.every((api) => balancer.isReady(api)), 'both processes are ready');
});
afterAll(async () => {
  await balancer.stop();
  await Promise.all(processes.map((api) => api.stop()));
  await database.drop();
  await rm(folder, { recursive: true });
});

async function createApiProcess(name: string): Promise<ApiProcess> {
  const [port, internalPort] = [await findFreePort(), await findFreePort()];
  const { host, port: databasePort, database: databaseName, user, password } = database.settings;
  const file = join(folder, `${name}.yaml`);
  const configuration = {
    sources: [{ name: 'unused', managed: {} }],
    auth: { mode: 'anonymous' },
    database: { host, port: databasePort, database: databaseName, user, password, sslMode: 'disable' },
    temporal: { address: `${LOOPBACK}:1` },
    server: {
      address: `${LOOPBACK}:${port}`,
      internalAddress: `${LOOPBACK}:${internalPort}`,
      drainDelay: '1s',
    },
  };
  await writeFile(file, JSON.stringify(configuration)); // JSON is YAML
  let running: RunningCommand | undefined;
  return {
    url: `http://${LOOPBACK}:${port}`,
    internalUrl: `http://${LOOPBACK}:${internalPort}`,
    start: () => (running = startRollcall({}, 'api', '--config', file)),
    stop: async () => {
      running?.stop();
      await running?.ended;
    },
  };
}

/** Sends requests one after the other until told to stop. Returns what failed, and how many were answered. */
async function sendUntil(signal: AbortSignal, paths: () => string): Promise<{ answered: number; failed: string[] }> {
  const failed: string[] = [];
  let answered = 0;
  while (!signal.aborted) {
    const path = paths();
    try {
      const response = await fetch(balancer.url + path);
      const text = await response.text();
      if (response.ok) JSON.parse(text); // throws unless it is whole
      if (response.ok) answered += 1;
      else failed.push(`${response.status} ${path}: ${text.slice(0, 200)}`);
    } catch (error) {
      failed.push(`${path}: ${String(error)}`);
    }
  }
  return { answered, failed };
}

test('a rolling restart under load fails no request', { timeout: 90_000 }, async () => {
  const restarted = new AbortController();
  let number = 0;
  const pages = (): string => '/v0.1/servers?limit=100';
  const searches = (): string => `/v0.1/servers?search=server-${(number += 1)}`;
  const large = (): string => '/registry/default/servers.json';
  const clients = [pages, pages, searches, searches, large].map((paths) => sendUntil(restarted.signal, paths));
  for (const api of processes) {
    const stopped = api.stop();
    await eventually(() => !balancer.isReady(api), 'the balancer notices that the process stops');
    await stopped;
    const before = balancer.answers(api);
    api.start();
    await eventually(() => balancer.isReady(api) && balancer.answers(api) > before, 'the new process gets requests');
  }
  restarted.abort();
  const results = await Promise.all(clients);

  expect(results.flatMap(({ failed }) => failed)).toEqual([]);
  const answered = results.reduce((sum, result) => sum + result.answered, 0);
  expect(answered).toBeGreaterThan(200);
});
