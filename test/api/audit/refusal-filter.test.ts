import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { RefusalFilter } from '../../../api/audit/refusal-filter.ts';
import { NO_SENDER } from '../../../api/audit/sender.ts';
import type { AuditEvent } from '../../../registry/audit.ts';

const LIMITS = { windowMs: 60_000, singlyOfOneKind: 2, singly: 6, kinds: 4 };
const START = Date.parse('2026-01-01T00:00:00Z');

let filter: RefusalFilter;
beforeEach(() => {
  filter = new RefusalFilter(LIMITS);
  filter.ended(START);
});

function refusal(sourceAddress: string, differences: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...NO_SENDER,
    id: randomUUID(),
    at: '2026-01-01T00:00:00Z',
    action: 'auth.unauthenticated',
    outcome: 'denied',
    actor: 'public',
    requestId: 'of this one',
    sourceAddress,
    target: { kind: 'request', name: 'GET /v0.1/servers', version: null, registry: null },
    count: 1,
    detail: { status: 401 },
    ...differences,
  };
}

/** How many of a number of refusals are recorded individually. */
const admitted = (count: number, ...args: Parameters<typeof refusal>): number =>
  Array.from({ length: count }).filter(() => filter.admits(refusal(...args))).length;

test('the first refusals of a kind are recorded, and the rest of the minute is one event that counts them', () => {
  expect(admitted(2, '192.0.2.1')).toBe(2);
  expect(admitted(7, '192.0.2.1')).toBe(0);
  expect(filter.admits(refusal('192.0.2.1', { at: '2026-01-01T00:00:59Z' }))).toBe(false);
  expect(filter.ended(START + LIMITS.windowMs - 1)).toEqual([]);
  expect(filter.ended(START + LIMITS.windowMs)).toMatchObject([
    {
      sourceAddress: '192.0.2.1',
      count: 8,
      requestId: null,
      at: '2026-01-01T00:00:00Z',
      detail: { status: 401, until: '2026-01-01T00:00:59Z' },
    },
  ]);
  expect(admitted(3, '192.0.2.1')).toBe(2);
});

test('each address, action, and outcome is a separate kind', () => {
  expect(admitted(3, '192.0.2.1')).toBe(2);
  expect(admitted(1, '192.0.2.2')).toBe(1);
  expect(admitted(1, '192.0.2.1', { action: 'auth.denied' })).toBe(1);
  expect(admitted(1, '192.0.2.1', { outcome: 'failure' })).toBe(1);
});

test('an IPv6 network of one customer counts as one address', () => {
  expect(admitted(2, '2001:db8:0:1::1')).toBe(2);
  expect(admitted(1, '2001:db8:0:2::7')).toBe(0);
});

test('the number of events per minute is always small', () => {
  const singly = Array.from({ length: 1_000 }, (_, index) => admitted(5, `192.0.${index >> 8}.${index & 255}`));
  expect(singly.reduce((sum, count) => sum + count, 0)).toBe(LIMITS.singly);
  const summaries = filter.ended(START + LIMITS.windowMs);
  expect(summaries).toHaveLength(LIMITS.kinds + 1);
  expect(summaries.at(-1)).toMatchObject({ sourceAddress: null });
  expect(summaries.reduce((sum, { count }) => sum + count, 0)).toBe(5_000 - LIMITS.singly);
});
