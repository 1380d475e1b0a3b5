import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../db/connection/database.ts';
import { serializeError } from '../../telemetry/serialize-error.ts';
import { runWorker } from '../../worker/run-worker.ts';
import { type Gate, openGate } from '../api/gate.ts';
import { source, useSources } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { eventually } from '../eventually.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly activityType?: string;
  readonly err?: { readonly type: string; readonly message: string; readonly stack?: string };
}

let target: TestDatabase;
let postgres: Gate;
let behindGate: Database;
let worker: Promise<void>;
const stopping = new AbortController();
const lines: Line[] = [];

const said = (start: string): Line[] => lines.filter(({ msg }) => msg.startsWith(start));

beforeAll(async () => {
  target = await createTestDatabase();
  await asOwner(`alter database ${target.settings.database} set lock_timeout = '100ms'`);
  const alpha = source('alpha');
  await useSources(target.database, { ...alpha, syncPolicy: { ...alpha.syncPolicy, intervalMs: 1_000 } });
  postgres = await openGate(target.settings.host, target.settings.port);
  behindGate = await openDatabase({ ...target.settings, host: '127.0.0.1', port: postgres.port });
  const logger = pino(
    { level: 'debug', serializers: { err: serializeError }, formatters: { level: (label) => ({ level: label }) } },
    { write: (text) => void lines.push(JSON.parse(text) as Line) },
  );
  worker = runWorker({
    server: { ...(await createTestNamespace()), taskQueue: 'rollcall' },
    database: behindGate,
    outbound: { allow: [] },
    internalAddress: '127.0.0.1:0',
    logger,
    signal: stopping.signal,
  });
  await eventually(() => said('Sync 1 of alpha: failed').length > 0, 'the source was synced');
});
afterAll(async () => {
  stopping.abort();
  await worker;
  await behindGate.close();
  await postgres.close();
  await target.drop();
});

test('a statement that Postgres gives up is a failure of its activity, and no outage', async () => {
  const isGivenUp = ({ err }: Line): boolean => err?.message.includes('lock timeout') === true;
  await asOwner('begin; lock table source in access exclusive mode', async () => {
    await eventually(() => lines.some(isGivenUp), 'an activity failed');
  });
  const syncs = said('Sync ').length;
  await eventually(() => said('Sync ').length > syncs, 'the source was synced again');
  expect(lines.find(isGivenUp)).toMatchObject({
    level: 'warn',
    msg: 'Activity failed',
    activityType: expect.any(String),
    err: { type: 'Unknown', message: 'error: canceling statement due to lock timeout' },
  });
  expect([...said('Nothing is synced or published'), ...said('Postgres answers again')]).toEqual([]);
});

test('a worker that loses Postgres says so once, and names it in every failure', async () => {
  const before = lines.length;
  postgres.shut();
  const since = (start: string): Line[] => lines.slice(before).filter(({ msg }) => msg.startsWith(start));
  await eventually(() => since('Activity failed').length > 3, 'activities failed');
  const during = lines.slice(before);
  postgres.reopen();
  await eventually(() => since('Postgres answers again').length > 0, 'the worker found Postgres again');

  expect(said('Nothing is synced or published')).toMatchObject([
    { level: 'warn', msg: "Nothing is synced or published: Postgres doesn't answer; trying again" },
  ]);
  const failures = during.filter(({ msg }) => msg !== 'Workflow failed').flatMap(({ err }) => err ?? []);
  expect(failures.filter(({ type }) => !['DatabaseUnavailable', 'UpstreamNotFound'].includes(type))).toEqual([]);
  expect(failures.filter(({ stack }) => stack !== undefined)).toEqual([]);
});

/** Runs SQL as the owner of the database, and rolls back an open transaction after the work. */
async function asOwner(statements: string, work: () => Promise<void> = async () => undefined): Promise<void> {
  const client = new pg.Client(target.ownerSettings);
  await client.connect();
  try {
    await client.query(statements);
    await work();
  } finally {
    await client.end();
  }
}
