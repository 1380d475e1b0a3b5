import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { describe, expect, test } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { connectTemporal } from '../../temporal/connect.ts';
import { TemporalUnavailable } from '../../temporal/known-errors.ts';
import { ensureSearchAttributes } from '../../temporal/search-attributes.ts';
import { createSourceActors } from '../../temporal/source-actors.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { gitSource, newState } from './source-states.ts';

const SOME_SECONDS = 8_000;

async function failureOf(work: Promise<unknown>): Promise<{ error: unknown; tookMs: number }> {
  const startedAt = Date.now();
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, tookMs: Date.now() - startedAt };
}

describe('within a few seconds the caller learns', () => {
  test('that Temporal is unavailable, for every request', async () => {
    const server = { address: `127.0.0.1:${await findFreePort()}`, namespace: 'default', taskQueue: 'rollcall' };
    const temporal = await connectTemporal(server, startTelemetry());
    const actors = createSourceActors(temporal.client, {
      taskQueue: 'rollcall',
      findState: async (name) => newState(gitSource(name)),
    });
    const request = { requestId: '1', name: 'io.example/a', version: '1.0.0' };
    const failures = await Promise.all([
      failureOf(actors.syncNow('a', { wait: true })),
      failureOf(actors.publish('a', request)),
      failureOf(actors.describe('a')),
    ]);
    await temporal.close();
    for (const { error, tookMs } of failures) {
      expect(error).toBeInstanceOf(TemporalUnavailable);
      expect(tookMs).toBeLessThan(SOME_SECONDS);
    }
  });

  test('that there is no worker', async () => {
    const temporal = await connectTemporal({ ...(await createTestNamespace()), taskQueue: 'nobody' }, startTelemetry());
    const actors = createSourceActors(temporal.client, {
      taskQueue: 'nobody',
      findState: async (name) => newState(gitSource(name)),
    });
    const { error, tookMs } = await failureOf(actors.syncNow('a', {}));
    await temporal.close();
    expect(error).toBeInstanceOf(TemporalUnavailable);
    expect(tookMs).toBeLessThan(SOME_SECONDS);
  });
});

test('search attributes are registered once, even by several processes at the same time', async () => {
  const { address } = await createTestNamespace();
  const connection = await Connection.connect({ address });
  const namespace = `bare-${Date.now()}`;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  const client = new Client({ connection, namespace });
  expect(await Promise.all([ensureSearchAttributes(client), ensureSearchAttributes(client)])).toEqual([[], []]);
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  await connection.close();
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(['SourceName', 'LastSuccessTime']));
});
