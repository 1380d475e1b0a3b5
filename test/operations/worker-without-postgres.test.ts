import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../db/connection/database.ts';
import { serializeError } from '../../telemetry/serialize-error.ts';
import { runWorker } from '../../worker/run-worker.ts';
import { type Gate, openGate } from '../api/gate.ts';
import { source, useSources } from '../db/sync-source.ts';
import { createTestDatabase, createTestNamespace, type TestDatabase } from '../environment.ts';
import { eventually } from '../eventually.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly err?: { readonly type: string; readonly message: string; readonly stack?: string };
}

let database: TestDatabase;
let postgres: Gate;

beforeAll(async () => {
  database = await createTestDatabase();
  postgres = await openGate(database.settings.host, database.settings.port);
});
afterAll(async () => {
  await postgres.close();
  await database.drop();
});

test('a worker that loses Postgres says so once, and names it in every failure', async () => {
  const alpha = source('alpha');
  await useSources(database.database, { ...alpha, syncPolicy: { ...alpha.syncPolicy, intervalMs: 1_000 } });
  const behindGate = await openDatabase({ ...database.settings, host: '127.0.0.1', port: postgres.port });
  const lines: Line[] = [];
  const logger = pino(
    { level: 'debug', serializers: { err: serializeError }, formatters: { level: (label) => ({ level: label }) } },
    { write: (text) => void lines.push(JSON.parse(text) as Line) },
  );
  const stopping = new AbortController();
  const worker = runWorker({
    server: { ...(await createTestNamespace()), taskQueue: 'rollcall' },
    database: behindGate,
    outbound: { allow: [] },
    internalAddress: '127.0.0.1:0',
    logger,
    signal: stopping.signal,
  });
  const said = (start: string): Line[] => lines.filter(({ msg }) => msg.startsWith(start));
  try {
    await eventually(() => said('Sync 1 of alpha: failed').length > 0, 'the source was synced');
    postgres.shut();
    await eventually(() => said('Activity failed').length > 3, 'activities failed');
    const during = [...lines];
    postgres.reopen();
    await eventually(() => said('Postgres answers again').length > 0, 'the worker found Postgres again');

    expect(said('Nothing is synced or published')).toMatchObject([
      { level: 'warn', msg: "Nothing is synced or published: Postgres doesn't answer; trying again" },
    ]);
    const failures = during.filter(({ msg }) => msg !== 'Workflow failed').flatMap(({ err }) => err ?? []);
    expect(failures.filter(({ type }) => !['DatabaseUnavailable', 'UpstreamNotFound'].includes(type))).toEqual([]);
    expect(failures.filter(({ stack }) => stack !== undefined)).toEqual([]);
  } finally {
    stopping.abort();
    await worker;
    await behindGate.close();
  }
});
