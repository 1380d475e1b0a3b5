/** Writes that are repeated without a key get the first answer, and are made once. */
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { withClient } from '../../db/connection/plain-client.ts';
import { findRepeatedWrite } from '../../db/writes/repeated-writes.ts';
import { type EntryWrite, putWriteRequest } from '../../db/writes/write-requests.ts';
import { source } from '../db/sync-source.ts';
import { expectError, type Item, official, readJson } from './items.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';
import type { RunningApi } from './running-api.ts';

let publishing: PublishingApi;
let api: RunningApi;

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'));
  ({ api } = publishing);
});
afterAll(() => publishing.end());

const document = (name: string, description = 'Repeated'): object => ({
  name: `com.example/${name}`,
  description,
  version: '1.0.0',
});
const pathOf = (name: string): string => `/v0.1/servers/com.example%2F${name}/versions/1.0.0`;

async function answer(response: Response): Promise<unknown> {
  return { status: response.status, body: await response.text() };
}

async function twice(send: () => Promise<Response>): Promise<readonly [unknown, unknown]> {
  return [await answer(await send()), await answer(await send())];
}

describe('the same document of the same caller gets the first answer', () => {
  test.each(['/v0.1/publish', '/v0/publish'])('%s', async (path) => {
    const body = document(path.replaceAll(/[^a-z0-9]/g, ''));
    const [first, second] = await twice(() => api.send('POST', path, { body }));
    expect(first).toMatchObject({ status: 200 });
    expect(second).toEqual(first);
  });

  test('/v1/entries', async () => {
    const [first, second] = await twice(() =>
      api.send('POST', '/v1/entries', { body: { server: document('over-v1') } }),
    );
    expect(first).toMatchObject({ status: 201 });
    expect(second).toEqual(first);
  });

  test('tRPC', async () => {
    const [first, second] = await twice(() =>
      api.send('POST', '/trpc/entries.publish', { body: { document: document('over-trpc') } }),
    );
    expect(first).toMatchObject({ status: 200 });
    expect(second).toEqual(first);
  });
});

test('a repeated change of status or deletion does too', async () => {
  await api.send('POST', '/v0.1/publish', { body: document('status') });
  const [deprecated, again] = await twice(() =>
    api.send('PATCH', `${pathOf('status')}/status`, { body: { status: 'deprecated', statusMessage: 'Old' } }),
  );
  expect(deprecated).toMatchObject({ status: 200 });
  expect(again).toEqual(deprecated);
  const [deleted, deletedAgain] = await twice(() => api.send('DELETE', pathOf('status')));
  expect(deleted).toMatchObject({ status: 200 });
  expect(deletedAgain).toEqual(deleted);
  await expectError(await api.send('POST', '/v0.1/publish', { body: document('status') }), 409);
});

test('a change that was followed by another is made again', async () => {
  await api.send('POST', '/v0.1/publish', { body: document('toggled') });
  for (const status of ['deprecated', 'active', 'deprecated']) {
    expect((await api.send('PATCH', `${pathOf('toggled')}/status`, { body: { status } })).status).toBe(200);
  }
  expect(official(await readJson<Item>(api, pathOf('toggled')))['status']).toBe('deprecated');
});

test('of another caller, or after a quarter of an hour, it is a new write', async () => {
  const { database } = publishing.test;
  const write: EntryWrite = { kind: 'publish', name: 'com.example/callers', version: '1', document: '{}' };
  const key = { sourceName: 'own', requestId: 'first' };
  await putWriteRequest(database, key, { write, caller: 'one' });
  const repeatedBy = (caller: string): Promise<string | null> =>
    findRepeatedWrite(database, { sourceName: 'own', caller, write });
  expect(await repeatedBy('one')).toBe('first');
  expect(await repeatedBy('other')).toBeNull();
  await database.query(sql.type(z.object({}))`
    update write_request set created_at = created_at - interval '15 minutes 1 second' where request_id = 'first'`);
  expect(await repeatedBy('one')).toBeNull();
});

test('a write that hangs is 503 with a key for repeating it, and made once', async () => {
  const unlock = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = withClient(publishing.test.ownerSettings, async (client) => {
    await client.query('begin');
    await client.query('select from source for no key update');
    locked.resolve();
    await unlock.promise;
    await client.query('rollback');
  });
  await locked.promise;
  const body = document('hanging');
  const signal = AbortSignal.timeout(25_000);
  const response = await fetch(`${api.url}/v0.1/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  const key = response.headers.get('idempotency-key');
  expect(await expectError(response, 503)).toContain(`Idempotency-Key: ${key}`);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  unlock.resolve();
  await holding;

  expect((await api.send('POST', '/v0.1/publish', { body })).status).toBe(200);
  expect((await api.send('POST', '/v0.1/publish', { body, headers: { 'idempotency-key': key ?? '' } })).status).toBe(
    200,
  );
});
