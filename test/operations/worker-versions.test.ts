/** Workers of two versions on a real Temporal server: actors move from one to the other, and lose nothing on the way. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { entriesOf, labels, useSources } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../embedded/postgres.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { findInitialState } from '../../temporal/initial-state.ts';
import { createSourceActors, type SourceActors } from '../../temporal/source-actors.ts';
import { setCurrentVersion } from '../../temporal/worker-versions.ts';
import { runWorker } from '../../worker/run-worker.ts';
import { sourceWorkflowId } from '../../workflows/contract/names.ts';
import { findTemporalServer, type RunningTemporalServer, startTemporalServer } from '../temporal-server.ts';
import { inlineSource, managedSource } from '../workflows/running-worker.ts';

// Workers announce all their task queues before their version can be the current one, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const programs = await findTemporalServer();
const missing = 'missing' in programs ? programs.missing : undefined;

/** Answers with one server, as soon as the test says so. */
interface SlowUpstream {
  readonly url: string;
  readonly server: Server;
  /** Whether a request waits for the answer. */
  isAsked: boolean;
  answer: PromiseWithResolvers<void>;
}

describe.skipIf(missing !== undefined)(`versions${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let temporal: RunningTemporalServer;
  let own: TestDatabase;
  let connection: Connection;
  let client: Client;
  let actors: SourceActors;
  let upstream: SlowUpstream;
  const stops = new Map<string, () => Promise<void>>();

  beforeAll(async () => {
    if ('missing' in programs) return;
    folder = await mkdtemp(join(tmpdir(), 'rollcall-versions-'));
    postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres'), disposable: true });
    temporal = await startTemporalServer(programs, {
      ownerSettings: postgres.ownerSettings,
      directory: join(folder, 'temporal'),
    });
    own = await createTestDatabase();
    upstream = await startSlowUpstream();
    await useSources(own.database, inlineSource('idle', 'io.example/idle'), managedSource('managed'), slowSource());
    connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection, namespace: temporal.namespace });
    actors = createSourceActors(client, {
      taskQueue: 'rollcall',
      findState: (name) => findInitialState(own.database, name),
    });
  }, 180_000);
  afterAll(async () => {
    for (const stop of stops.values()) await stop();
    await connection?.close();
    await temporal?.process.stop();
    await postgres?.process.stop();
    await own?.drop();
    upstream?.server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const server = () => ({ ...temporal, taskQueue: 'rollcall', workerVersioning: true as const });

  async function startVersion(version: string): Promise<void> {
    const stopping = new AbortController();
    const ready = Promise.withResolvers<void>();
    const worker = runWorker({
      server: server(),
      version,
      database: own.database,
      outbound: { allow: [] },
      internalAddress: '127.0.0.1:0',
      logger: pino({ level: 'silent' }),
      signal: stopping.signal,
      onReady: () => ready.resolve(),
    });
    await Promise.race([ready.promise, worker]);
    stops.set(version, async () => {
      stopping.abort();
      await worker;
      stops.delete(version);
    });
  }

  function setCurrent(version: string, signal = AbortSignal.timeout(60_000)): Promise<number> {
    return setCurrentVersion(client, { server: server(), version, signal, onProgress: () => undefined });
  }

  async function versionOf(source: string): Promise<string | undefined> {
    const { raw } = await client.workflow.getHandle(sourceWorkflowId(source)).describe();
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
  }

  test('nothing runs before a version is the current one', async () => {
    await expect(setCurrent('1.0.0', AbortSignal.timeout(1))).rejects.toThrow(
      'No worker of version 1.0.0 takes tasks from rollcall: start workers of this version',
    );
    await startVersion('1.0.0');
    upstream.answer.resolve();
    expect(await setCurrent('1.0.0')).toBe(0);
    await expect.poll(served, { timeout: 60_000 }).toEqual(['io.example/idle@1.0.0 from idle', SLOW]);
    expect(await versionOf('idle')).toBe('1.0.0');
  });

  test('idle actors move when a version becomes current, and a syncing one after its sync', async () => {
    upstream.answer = Promise.withResolvers();
    upstream.isAsked = false;
    const sync = actors.syncNow('slow', { wait: true, force: true, requestedBy: 'ada' });
    await eventually(() => upstream.isAsked, 'the sync fetches');
    await startVersion('2.0.0');
    const moved = setCurrent('2.0.0');
    await eventually(async () => (await versionOf('idle')) === '2.0.0', 'the idle actor has moved');
    await eventually(async () => (await versionOf('managed')) === '2.0.0', 'the managed source has moved');
    expect(await versionOf('slow')).toBe('1.0.0');
    upstream.answer.resolve();
    expect((await sync).report).toMatchObject({ number: 2, outcome: 'unchanged', trigger: 'message' });
    expect(await moved).toBe(0);
    expect(await versionOf('slow')).toBe('2.0.0');
    expect((await actors.describe('slow')).recentSyncs.map(({ number }) => number)).toEqual([2, 1]);
  });

  test('the earlier workers can stop then', async () => {
    await stops.get('1.0.0')?.();
    const { report } = await actors.syncNow('slow', { wait: true });
    expect(report).toMatchObject({ number: 3, outcome: 'unchanged' });
    expect(await served()).toEqual(['io.example/idle@1.0.0 from idle', SLOW]);
  });

  const SLOW = 'io.example/slow@1.0.0 from slow';

  async function served(): Promise<string[]> {
    return labels(await entriesOf(own.database)).toSorted();
  }

  function slowSource(): SourceDefinition {
    return {
      name: 'slow',
      origin: { kind: 'file', location: { url: upstream.url, timeoutMs: 30_000 } },
      syncPolicy: { intervalMs: 3_600_000, maxRemoval: 1, deadlineMs: 60_000 },
    };
  }
});

async function startSlowUpstream(): Promise<SlowUpstream> {
  const server = createServer((_request, response) => {
    upstream.isAsked = true;
    void upstream.answer.promise.then(() => response.end(envelope([serverJson('io.example/slow')])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: SlowUpstream = {
    url: `http://127.0.0.1:${port}/`,
    server,
    isAsked: false,
    answer: Promise.withResolvers(),
  };
  return upstream;
}
