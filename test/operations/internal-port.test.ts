import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pino from 'pino';
import { openDatabase, QUICK_REFUSAL } from '../../db/connection/database.ts';
import { runWorker } from '../../worker/run-worker.ts';
import { type Gate, openGate } from '../api/gate.ts';
import { expectError, readJson } from '../api/items.ts';
import { startApi } from '../api/running-api.ts';
import { source, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import { eventually } from '../eventually.ts';

let database: TestDatabase;
let postgres: Gate;
let behindGate: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  postgres = await openGate(database.settings.host, database.settings.port);
  const settings = { ...database.settings, host: '127.0.0.1', port: postgres.port };
  behindGate = { ...database, settings, database: await openDatabase(settings, QUICK_REFUSAL) };
});
afterAll(async () => {
  await behindGate.database.close();
  await postgres.close();
  await database.drop();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly status?: string; readonly error?: string; readonly checks?: Record<string, string> };
}

async function ask(url: string): Promise<Answer> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

test('the readiness of an api says whether registries are loaded', async () => {
  const api = await startApi(behindGate);
  try {
    const empty = await ask(`${api.internalUrl}/readiness`);
    expect(empty).toMatchObject({ status: 503, body: { checks: { database: 'available' } } });
    expect(empty.body.checks?.['registries']).toMatch(/^not loaded: start a worker/);
    await expectError(await api.get('/readiness'), 503);

    await useSources(database.database, source('alpha'));
    expect(await ask(`${api.internalUrl}/readiness`)).toEqual({
      status: 200,
      body: { status: 'ready', checks: { database: 'available', registries: '1 loaded' } },
    });
    expect(await readJson(api, '/readiness')).toEqual({ status: 'ready' });
  } finally {
    await api.stop();
  }
});

test('a stopping api is not ready, answers for the drain delay, and ends kept connections', async () => {
  const api = await startApi(database, { drainDelayMs: 800 });
  expect((await api.get('/v0.1/servers')).headers.get('connection')).toBe('keep-alive');
  const stopped = api.stop();
  expect(await ask(`${api.internalUrl}/readiness`)).toMatchObject({
    status: 503,
    body: { error: 'Not ready: process stopping' },
  });
  const answer = await api.get('/v0.1/servers');
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  expect((await fetch(`${api.internalUrl}/health`)).status).toBe(200);
  await stopped;
  await expect(api.get('/health')).rejects.toThrow('fetch failed');
});

describe('a worker', () => {
  let namespace: TestNamespace;
  let temporal: Gate;
  let url: string;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    namespace = await createTestNamespace();
    const [host = '', port] = namespace.address.split(':');
    temporal = await openGate(host, Number(port));
    const stopping = new AbortController();
    const ready = Promise.withResolvers<string>();
    const worker = runWorker({
      server: { address: `127.0.0.1:${temporal.port}`, namespace: namespace.namespace, taskQueue: 'rollcall' },
      database: behindGate.database,
      outbound: { allow: [] },
      internalAddress: '127.0.0.1:0',
      logger: pino({ level: 'silent' }),
      signal: stopping.signal,
      onReady: ready.resolve,
    });
    url = await Promise.race([ready.promise, worker.then(() => Promise.reject(new Error('The worker ended')))]);
    stop = async () => {
      stopping.abort();
      await worker;
    };
  });
  afterAll(async () => {
    await stop();
    await temporal.close();
  });

  test('answers probes, and nothing else, on its internal port', async () => {
    expect(await ask(`${url}/health`)).toEqual({ status: 200, body: { status: 'healthy' } });
    expect((await ask(`${url}/readiness`)).body).toEqual({
      status: 'ready',
      checks: { database: 'available', temporal: 'available', worker: 'polls for tasks' },
    });
    expect(await ask(`${url}/version`)).toMatchObject({ status: 200, body: { node_version: process.version } });
    await expectError(await fetch(`${url}/v0.1/servers`), 404);
    await expectError(await fetch(`${url}/health`, { method: 'POST' }), 405);
  });

  test.each(['postgres', 'temporal'] as const)('stays alive without %s, and says what is missing', async (part) => {
    const gate = part === 'postgres' ? postgres : temporal;
    const check = part === 'postgres' ? 'database' : 'temporal';
    gate.shut();
    await eventually(async () => (await ask(`${url}/readiness`)).status === 503, 'the worker is not ready');
    expect((await ask(`${url}/readiness`)).body.checks).toMatchObject({ [check]: 'unavailable' });
    expect((await ask(`${url}/health`)).status).toBe(200);
    gate.reopen();
    await eventually(async () => (await ask(`${url}/readiness`)).status === 200, 'the worker is ready again');
  });
});
