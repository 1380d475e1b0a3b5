import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AdminRouter } from '../../api/trpc/router.ts';
import { recordFindings } from '../../db/syncs/sync-findings.ts';
import { draft, source, stage } from '../db/sync-source.ts';
import { applySnapshot } from '../../db/syncs/apply.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';
import { eventually } from '../eventually.ts';

let publishing: PublishingApi;
let admin: TRPCClient<AdminRouter>;

beforeAll(async () => {
  publishing = await startPublishingApi(inlineSource('inline', ['1.0.0', '2.0.0']), source('own', 'managed'));
  admin = createTRPCClient<AdminRouter>({ links: [httpLink({ url: `${publishing.api.url}/trpc` })] });
});
afterAll(() => publishing.end());

function inlineSource(name: string, versions: readonly string[]): ReturnType<typeof source> {
  const servers = versions.map((version) => ({ name: 'com.example/inline', description: 'Inline', version }));
  return { ...source(name), origin: { kind: 'file', location: { data: JSON.stringify(servers) } } };
}

/** The error of a refused call. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'not refused',
    (error: unknown) => {
      const { message, data } = error as { message: string; data?: { code: string; failure?: string; stack?: string } };
      return { message, ...data };
    },
  );
}

test('a source can be synced, and its syncs are listed', async () => {
  // The first one starts with the actor.
  const isOver = async (): Promise<boolean> => (await admin.sources.runs.query({ name: 'inline' }))[0]?.outcome != null;
  await eventually(isOver, 'the first sync is over');
  const { number, report } = await admin.sources.sync.mutate({ name: 'inline', wait: true, reason: 'a test' });
  expect(report).toMatchObject({ number: 2, outcome: 'unchanged' });
  const [newest, ...older] = await admin.sources.runs.query({ name: 'inline' });
  expect(newest).toMatchObject({ number, outcome: 'unchanged', requestedBy: 'admin', reason: 'a test' });
  expect(older).toMatchObject([{ number: 1, outcome: 'changed', added: 2 }]);
  expect(await admin.sources.runs.query({ name: 'inline', before: number })).toEqual(older);
  expect(await admin.sources.list.query()).toMatchObject([
    { name: 'inline', kind: 'file', entryCount: 2, lastRun: { number } },
    { name: 'own', kind: 'managed', lastRun: null },
  ]);
});

test('a source can be paused and resumed', async () => {
  await admin.sources.pause.mutate({ name: 'inline' });
  expect(await admin.sources.get.query({ name: 'inline' })).toMatchObject({ actor: { paused: true } });
  await admin.sources.resume.mutate({ name: 'inline' });
  expect(await admin.sources.get.query({ name: 'inline' })).toMatchObject({ name: 'inline', actor: { paused: false } });
});

test('the findings of a sync are listed page by page', async () => {
  const { database } = publishing.api;
  const snapshot = await stage(database, { sourceName: 'own', entries: [draft('com.example/x', '1.0.0')] });
  const finding = (
    ordinal: number,
    severity: 'rejection' | 'warning',
  ): Parameters<typeof recordFindings>[2][number] => ({
    ordinal,
    severity,
    location: `line ${ordinal}, column 1`,
    name: 'com.example/x',
    version: null,
    reason: `reason ${ordinal}`,
  });
  await recordFindings(database, snapshot.syncRunId, [
    finding(1, 'warning'),
    finding(2, 'rejection'),
    finding(3, 'rejection'),
  ]);
  await applySnapshot(database, { ...snapshot, rejected: 2, warnings: 1 });
  const run = await admin.sources.run.query({ name: 'own', number: 1, limit: 1 });
  expect(run).toMatchObject({
    rejected: 2,
    warnings: 1,
    findings: [
      { severity: 'rejection', reason: 'reason 2', location: 'line 2, column 1' },
      { severity: 'warning', reason: 'reason 1', location: 'line 1, column 1' },
    ],
  });
  const rest = await admin.sources.run.query({ name: 'own', number: 1, limit: 1, offset: 1 });
  expect(rest.findings).toMatchObject([{ severity: 'rejection', reason: 'reason 3' }]);
});

test('registries and the system are described', async () => {
  expect(await admin.registries.list.query()).toMatchObject([
    { name: 'default', isDefault: true, sources: ['inline', 'own'] },
  ]);
  expect(await admin.registries.get.query({ name: 'default' })).toMatchObject({ name: 'default' });
  const info = await admin.system.info.query();
  expect(info.counts).toMatchObject({ sources: 2, registries: 1 });
  expect(info.temporal).toMatchObject({ namespace: publishing.temporal.namespace });
  expect(info.software.version).toMatch(/^\d+\.\d+\.\d+/);
});

describe('refusals have a code and a message, and no stack', () => {
  test.each([
    {
      what: 'a source that does not exist',
      call: () => admin.sources.get.query({ name: 'none' }),
      message: 'no source "none"',
    },
    { what: 'a sync of it', call: () => admin.sources.sync.mutate({ name: 'none' }), message: 'no source "none"' },
    {
      what: 'a sync that never was',
      call: () => admin.sources.run.query({ name: 'own', number: 99 }),
      message: 'no sync 99',
    },
    {
      what: 'a registry that does not exist',
      call: () => admin.registries.get.query({ name: 'none' }),
      message: '"none"',
    },
  ])('$what', async ({ call, message }) => {
    const refused = await refusal(call());
    expect(refused).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(message) as string });
    expect(refused).not.toHaveProperty('stack');
  });

  test('bad input', async () => {
    const refused = await refusal(admin.sources.runs.query({ name: 'own', limit: 0 }));
    expect(refused).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('limit') as string });
    expect(refused).not.toHaveProperty('stack');
  });

  test('a sync of a managed source', async () => {
    expect(await refusal(admin.sources.sync.mutate({ name: 'own' }))).toMatchObject({
      code: 'BAD_REQUEST',
      failure: 'SourceManaged',
    });
  });

  test('a pause of a managed source', async () => {
    expect(await refusal(admin.sources.pause.mutate({ name: 'own' }))).toMatchObject({
      code: 'BAD_REQUEST',
      failure: 'SourceManaged',
      message: "own is a managed source: it isn't synced, so it can't be paused",
    });
    expect(await admin.sources.get.query({ name: 'own' })).toMatchObject({ actor: { paused: false } });
  });

  test('a mutation that isn’t JSON', async () => {
    const response = await publishing.api.get('/trpc/sources.pause', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"name":"inline"}',
    });
    expect(response.status).toBe(415);
  });
});
