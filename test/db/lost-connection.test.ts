import { sql } from 'slonik';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { isDatabaseUnavailable } from '../../db/connection/availability.ts';
import type { Transaction } from '../../db/connection/database.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { rawRows } from './raw-rows.ts';

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
afterAll(async () => {
  await target.drop();
});

const pidRow = z.object({ pid: z.number() });

async function backendOf(transaction: Transaction): Promise<number> {
  return await transaction.oneFirst(sql.type(pidRow)`select pg_backend_pid() as pid`);
}

test('a backend that ends in a transaction fails its next statement, not the process', async () => {
  const transaction = target.database.transaction(async (open) => {
    await rawRows(target.database, `select pg_terminate_backend(${await backendOf(open)})`);
    return await backendOf(open);
  });
  const error: unknown = await transaction.catch((reason: unknown) => reason);
  expect(isDatabaseUnavailable(error)).toBe(true);
  expect(await rawRows(target.database, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a backend that no longer answers fails the statement after its deadline, and its connection is dropped', async () => {
  let frozen = 0;
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const transaction = target.database.transaction(async (open) => {
    frozen = await backendOf(open);
    process.kill(frozen, 'SIGSTOP');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = backendOf(open);
    isAsked();
    return await answer;
  });
  const failed = transaction.catch((reason: unknown) => reason);
  try {
    await asked;
    await vi.advanceTimersByTimeAsync(36_000);
    expect(isDatabaseUnavailable(await failed)).toBe(true);
    vi.useRealTimers();
    expect(await rawRows(target.database, 'select pg_backend_pid() as pid')).not.toEqual([{ pid: frozen }]);
  } finally {
    process.kill(frozen, 'SIGCONT');
  }
});

test('a backend that no longer answers a COPY counts as an unavailable database after the deadline', async () => {
  const deadline = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(deadline.signal);
  let frozen = 0;
  const transaction = target.database.transaction(async (open) => {
    frozen = await backendOf(open);
    process.kill(frozen, 'SIGSTOP');
    const copied = open.copy('copy claim_set from stdin', []);
    deadline.abort();
    await copied;
  });
  try {
    await expect(transaction).rejects.toSatisfy(isDatabaseUnavailable);
    expect(await rawRows(target.database, 'select pg_backend_pid() as pid')).not.toEqual([{ pid: frozen }]);
  } finally {
    process.kill(frozen, 'SIGCONT');
  }
});
