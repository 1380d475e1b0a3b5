import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventWriter } from '../../../api/audit/event-writer.ts';
import { NO_SENDER, type Sender } from '../../../api/audit/sender.ts';
import { AuditTrail } from '../../../api/audit/trail.ts';
import { HttpError } from '../../../api/http/error.ts';
import { listAuditEvents } from '../../../db/upkeep/audit-events.ts';
import { isDatabaseUnavailable } from '../../../db/connection/availability.ts';
import { type Database, openDatabase } from '../../../db/connection/database.ts';
import type { AuditEvent } from '../../../registry/audit.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { type Gate, openGate } from '../gate.ts';
import { eventually } from '../../eventually.ts';
import { AUDIT, News, recorded } from './recorded.ts';
import { rawRows } from '../../db/raw-rows.ts';

let target: TestDatabase;
let postgres: Gate;
let database: Database;
let trail: AuditTrail;
let logged: string[];
beforeEach(async () => {
  target = await createTestDatabase();
  postgres = await openGate(target.settings.host, target.settings.port);
  database = await openDatabase({ ...target.settings, host: '127.0.0.1', port: postgres.port });
  logged = [];
  trail = await AuditTrail.open({ settings: AUDIT, database, logger: logger() });
});
afterEach(async () => {
  postgres.reopen();
  await trail.close();
  await database.close();
  await postgres.close();
  await target.drop();
});

const logger = (): pino.Logger => pino({}, { write: (line) => logged.push(line) });

const { actor, subject, issuer, displayName, ...origin } = NO_SENDER;
const SENDER: Sender = { identity: { actor, subject, issuer, displayName }, origin, request: 'POST /v0.1/publish' };
const CHANGE = {
  sender: SENDER,
  action: 'source.sync',
  target: { kind: 'source', name: 'catalog', version: null, registry: null },
} as const;

function event(): AuditEvent {
  const { sender, ...change } = CHANGE;
  const { identity } = sender;
  return {
    ...change,
    ...identity,
    ...origin,
    id: randomUUID(),
    at: new Date().toISOString(),
    outcome: 'denied',
    count: 1,
    detail: {},
  };
}

test('a change whose process is killed midway stays recorded as requested', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<string>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const changed = trail.change(CHANGE, () => {
    begin();
    return answered;
  });
  await begun;
  expect(await recorded(target.database)).toMatchObject([{ action: 'source.sync', outcome: null }]);
  expect(await listAuditEvents(target.database, { outcome: 'unknown', limit: 10 })).toHaveLength(1);
  answer('done');
  expect(await changed).toBe('done');
  expect(await recorded(target.database)).toMatchObject([{ action: 'source.sync', outcome: 'success' }]);
});

test('without Postgres no change is made', async () => {
  postgres.shut();
  let isChanged = false;
  const change = trail.change(CHANGE, async () => {
    isChanged = true;
    await Promise.resolve();
  });
  await expect(change).rejects.toSatisfy(isDatabaseUnavailable);
  expect(isChanged).toBe(false);
});

test('a change is answered even if Postgres becomes unavailable before, and its outcome is recorded later', async () => {
  await trail.change(CHANGE, async () => {
    postgres.shut();
    await Promise.resolve();
  });
  expect(await recorded(target.database)).toMatchObject([{ outcome: null }]);
  postgres.reopen();
  await eventually(async () => (await recorded(target.database))[0]?.outcome === 'success', 'the outcome is recorded');
});

test('refusals wait for Postgres', async () => {
  postgres.shut();
  for (let index = 0; index < 5; index++) trail.refused(SENDER, new HttpError(401, 'This request requires a token'));
  postgres.reopen();
  expect(await new News(target.database).next(5)).toHaveLength(5);
});

test('refusals beyond the limit are counted and reported', async () => {
  const writer = new EventWriter({ database, logger: logger(), beforeFlush: () => undefined });
  postgres.shut();
  for (let index = 0; index < 10_007; index++) writer.add(event());
  postgres.reopen();
  await eventually(
    async () => (await listAuditEvents(target.database, { action: 'audit.lost', limit: 1 })).length > 0,
    'the loss is recorded',
  );
  await writer.close();
  expect(await listAuditEvents(target.database, { action: 'audit.lost', limit: 10 })).toMatchObject([
    { actor: 'system', count: 7, outcome: 'error' },
  ]);
  const rows = await rawRows(target.database, 'select count(*) from audit_event');
  expect(rows).toEqual([{ count: '10001' }]);
  expect(logged.some((line) => line.includes('audit events were lost') && line.includes('"events":7'))).toBe(true);
});
