import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addAuditEvents,
  completeAuditEvent,
  discardAuditEvent,
  listAuditEvents,
} from '../../db/upkeep/audit-events.ts';
import { purge } from '../../db/upkeep/purge.ts';
import type { AuditEvent } from '../../registry/audit.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { rawRows } from './raw-rows.ts';

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterAll(async () => {
  await target.drop();
});

const DAY_MS = 24 * 3_600_000;

function event(differences: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: randomUUID(),
    at: '2026-01-02T03:04:05.678Z',
    action: 'entry.publish',
    outcome: 'success',
    actor: 'token',
    subject: 'ada',
    issuer: 'https://id.example.com',
    displayName: 'Ada Lovelace',
    target: { kind: 'entry', name: 'com.example/a', version: '1.0.0', registry: 'default' },
    requestId: 'request-1',
    sourceAddress: '192.0.2.1',
    userAgent: 'mcp-publisher/1.0',
    count: 1,
    detail: { status: 200 },
    ...differences,
  };
}

const add = (...events: readonly AuditEvent[]): Promise<void> => addAuditEvents(target.database, events);
/** Events of different tests differ in their subject. */
const eventsOf = (subject: string): ReturnType<typeof list> => list({ subject });
const list = (query: Partial<Parameters<typeof listAuditEvents>[1]> = {}): ReturnType<typeof listAuditEvents> =>
  listAuditEvents(target.database, { limit: 100, ...query });
/** At this second of a day long ago. */
const second = (number: number): string => `2020-01-01T00:00:${String(number).padStart(2, '0')}Z`;

test('an event is read as it was recorded, however often it is sent', async () => {
  const recorded = event({ subject: 'once', detail: { status: 422, message: 'A "quoted" word' } });
  const other = event({ subject: 'once', at: '2026-01-01T00:00:00Z' });
  await add(recorded);
  await add(recorded, other);
  expect(await eventsOf('once')).toEqual([recorded, other]);
});

test('characters that the database can’t store are left out', async () => {
  await add(
    event({
      subject: 'n\0ul',
      userAgent: `${'x'.repeat(511)}\u{1f600}`,
      target: { kind: 'request', name: '/'.repeat(100_000), version: null, registry: null },
      detail: { message: 'NUL \0 and half \ud800 a character' },
    }),
  );
  const [stored] = await eventsOf('nul');
  expect(stored).toMatchObject({ userAgent: `${'x'.repeat(511)}\ufffd` });
  expect(stored?.target.name).toHaveLength(512);
  expect(stored?.detail).toEqual({ message: 'NUL  and half \ufffd a character' });
});

describe('lists', () => {
  const bob = { subject: 'bob', at: second(2) };
  const refused = { outcome: 'denied', action: 'source.sync', at: second(3) } as const;
  const interrupted = { outcome: null, at: second(4) };
  const elsewhere = { issuer: 'https://other.example.com', at: second(5) };
  const onlyThese = { from: second(0), until: second(9) };
  beforeAll(async () => {
    await add(event({ at: second(1) }), event(bob), event(refused), event(interrupted), event(elsewhere));
    await add(event({ at: second(6), target: { kind: 'source', name: 'team', version: null, registry: null } }));
  });

  test.each([
    ['no condition', {}, [6, 5, 4, 3, 2, 1]],
    ['who', { subject: 'bob' }, [2]],
    ['who of which provider', { subject: 'ada', issuer: 'https://other.example.com' }, [5]],
    ['the action', { action: 'source.sync' }, [3]],
    ['the outcome', { outcome: 'denied' }, [3]],
    ['no outcome', { outcome: 'unknown' }, [4]],
    ['the target', { target: 'team' }, [6]],
    ['the time', { from: second(2), until: second(4) }, [3, 2]],
    ['several', { subject: 'ada', action: 'entry.publish', until: second(3) }, [1]],
  ] as const)('by %s', async (_, query, seconds) => {
    expect((await list({ ...onlyThese, ...query })).map(({ at }) => at)).toEqual(seconds.map(second));
  });

  test('pages are complete, even with events of the same moment on both sides of a border', async () => {
    await add(...Array.from({ length: 7 }, () => event({ at: second(1) })));
    const whole = await list(onlyThese);
    expect(whole).toHaveLength(13);
    const walked: AuditEvent[] = [];
    for (;;) {
      const last = walked.at(-1);
      const page = await list({ ...onlyThese, limit: 3, ...(last !== undefined && { before: last }) });
      if (page.length === 0) break;
      walked.push(...page);
    }
    expect(walked).toEqual(whole);
  });
});

test('an open event is completed once', async () => {
  const begun = event({
    subject: 'begun',
    outcome: null,
    target: { kind: 'entry', name: null, version: null, registry: null },
  });
  await add(begun);
  await completeAuditEvent(target.database, event({ ...begun, outcome: 'failure', detail: { status: 409 } }));
  await completeAuditEvent(target.database, event({ ...begun, outcome: 'success', detail: {} }));
  expect(await eventsOf('begun')).toMatchObject([{ outcome: 'failure', detail: { status: 409 } }]);
});

test('an open event can be withdrawn until it has an outcome', async () => {
  const [begun, completed] = [event({ subject: 'taken', outcome: null }), event({ subject: 'taken' })];
  await add(begun, completed);
  for (const { id } of [begun, completed]) await discardAuditEvent(target.database, id);
  expect(await eventsOf('taken')).toEqual([completed]);
});

test.each(["update audit_event set subject = 'eve'", 'delete from audit_event', 'truncate audit_event'])(
  'the application can’t run %s',
  async (statement) => {
    await add(event());
    await expect(rawRows(target.database, statement)).rejects.toThrow('permission denied');
  },
);

test('housekeeping deletes events older than the retention, and never those of the last day', async () => {
  await purge(target.database);
  const aged = (days: number): AuditEvent =>
    event({ subject: 'aged', at: new Date(Date.now() - days * DAY_MS).toISOString() });
  await add(aged(89), aged(1.5), aged(0.9), aged(91));
  expect(await purge(target.database)).toMatchObject({ auditEvents: 1 });
  expect(await purge(target.database, { auditEventsMs: 2 * DAY_MS })).toMatchObject({ auditEvents: 1 });
  expect(await purge(target.database, { auditEventsMs: 0 })).toMatchObject({ auditEvents: 1 });
  expect(await eventsOf('aged')).toHaveLength(1);
});
