/**
 * An upgrade from the release before: its schema, its processes, and its running actors. Its code comes from the history of this
 * repository. After a release, change the commit.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrateUp } from '../../db/upkeep/migrations.ts';
import { findFreePort, LOOPBACK } from '../../embedded/free-port.ts';
import { createSourceActors, type SourceActors } from '../../temporal/source-actors.ts';
import { sourceWorkflowId } from '../../workflows/contract/names.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { createEmptyTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { eventually } from '../eventually.ts';

const PREVIOUS = 'd686a6758ac1e01c07ab9ec11137b394684f8b49';
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const missing = await run('git', ['cat-file', '-e', `${PREVIOUS}^{commit}`], { cwd: CHECKOUT }).then(
  () => undefined,
  () => `the history has no commit ${PREVIOUS}`,
);

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

describe.skipIf(missing !== undefined)(`an upgrade${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let previous: string;
  let database: TestDatabase;
  let connection: Connection;
  let client: Client;
  let actors: SourceActors;
  let upstream: Server;
  let isAsked = false;
  let answer = Promise.withResolvers<void>();
  const running: Running[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-upgrade-'));
    previous = join(folder, 'previous');
    await extract(previous);
    database = await createEmptyTestDatabase();
    upstream = createServer((_request, response) => {
      isAsked = true;
      void answer.promise.then(() => response.end(envelope([serverJson('io.example/slow')])));
    });
    await new Promise<void>((resolve) => upstream.listen(0, LOOPBACK, resolve));
    const temporal = await createTestNamespace();
    connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection, namespace: temporal.namespace });
    actors = createSourceActors(client, { taskQueue: 'rollcall', findState: async () => undefined });
    await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify(configuration(temporal))); // JSON is YAML
  }, 60_000);
  afterAll(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await connection?.close();
    upstream?.closeAllConnections();
    upstream?.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('loses nothing: neither entries, nor a running sync, nor what actors remember', async () => {
    await run(process.execPath, rollcall(previous, 'migrate', 'up', '--yes'));
    const oldWorker = await start(previous, 'worker');
    const oldApi = await start(previous, 'api');
    answer.resolve();
    await eventually(async () => (await names(oldApi)).length === 2, 'the previous version has synced its sources');
    await publish(oldApi, 'before');
    const runId = (await client.workflow.getHandle(sourceWorkflowId('slow')).describe()).runId;

    answer = Promise.withResolvers();
    isAsked = false;
    const sync = actors.syncNow('slow', { wait: true, force: true });
    await eventually(() => isAsked, 'a sync fetches');
    await migrateUp(database.ownerSettings);
    // The previous version works on the new schema.
    await publish(oldApi, 'between');
    expect((await actors.syncNow('idle', { wait: true, force: true })).report).toMatchObject({ outcome: 'unchanged' });

    const worker = await start(CHECKOUT, 'worker');
    const api = await start(CHECKOUT, 'api');
    await oldWorker.stop();
    await oldApi.stop();
    answer.resolve();
    expect((await sync).report).toMatchObject({ number: 2, outcome: 'unchanged', trigger: 'message' });
    await publish(api, 'after');
    expect(await names(api)).toEqual([
      'io.example/after',
      'io.example/before',
      'io.example/between',
      'io.example/idle',
      'io.example/slow',
    ]);
    const { recentSyncs, cycle } = await actors.describe('slow');
    expect(recentSyncs.map(({ number }) => number)).toEqual([2, 1]);
    expect(cycle).toBe(2);
    expect((await client.workflow.getHandle(sourceWorkflowId('slow')).describe()).runId).toBe(runId);
    expect((await actors.syncNow('slow', { wait: true, force: true })).report).toMatchObject({ number: 3 });
    await worker.stop();
  }, 240_000);

  async function extract(target: string): Promise<void> {
    await run('sh', ['-c', 'mkdir "$1" && git archive "$2" | tar -x -C "$1"', 'sh', target, PREVIOUS], {
      cwd: CHECKOUT,
    });
    await symlink(join(CHECKOUT, 'node_modules'), join(target, 'node_modules'));
  }

  function configuration(temporal: { readonly address: string; readonly namespace: string }): object {
    const { host, port, database: name, user, password } = database.settings;
    const { user: migrationUser, password: migrationPassword } = database.ownerSettings;
    const { port: upstreamPort } = upstream.address() as AddressInfo;
    const data = JSON.stringify([serverJson('io.example/idle')]);
    return {
      sources: [
        { name: 'published', managed: {} },
        { name: 'idle', file: { data } },
        {
          name: 'slow',
          file: { url: `http://${LOOPBACK}:${upstreamPort}/`, timeout: '1m' },
          syncPolicy: { interval: '1h' },
        },
      ],
      auth: { mode: 'anonymous' },
      database: { host, port, database: name, user, password, migrationUser, migrationPassword, sslMode: 'disable' },
      temporal,
    };
  }

  function rollcall(code: string, ...words: readonly string[]): string[] {
    return [join(code, 'bin/rollcall.mjs'), ...words, '--config', join(folder, 'rollcall.yaml')];
  }

  async function start(code: string, role: 'api' | 'worker'): Promise<Running> {
    const internal = `${LOOPBACK}:${await findFreePort()}`;
    const address = `${LOOPBACK}:${await findFreePort()}`;
    const words = rollcall(code, role, '--internal-address', internal);
    const child = spawn(process.execPath, role === 'api' ? [...words, '--address', address] : words, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
    }
    const exited = once(child, 'exit');
    const started: Running = {
      url: `http://${address}`,
      stop: async () => {
        child.kill('SIGTERM');
        await exited;
      },
    };
    running.push(started);
    const deadline = Date.now() + 60_000;
    while (
      !(await fetch(`http://${internal}/readiness`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${role} of ${code} is not ready:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return started;
  }

  async function names({ url }: Running): Promise<string[]> {
    const response = await fetch(`${url}/v0.1/servers?limit=100`);
    const { servers } = (await response.json()) as { servers: { server: { name: string } }[] };
    return servers.map(({ server }) => server.name);
  }

  async function publish({ url }: Running, name: string): Promise<void> {
    const response = await fetch(`${url}/v0.1/publish`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(serverJson(`io.example/${name}`)),
    });
    expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
  }
});
