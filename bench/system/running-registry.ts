/** A running Rollcall: `serve` with a configuration file, and its api and worker processes. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { sourceWorkflowId, syncWorkflowId } from '../../workflows/contract/names.ts';
import { syncSignal } from '../../workflows/contract/source-actor.ts';
import type { Bench, BenchDatabase } from '../bench.ts';
import { childProcesses, commandLine } from './processes.ts';
import { startServe } from './serve-command.ts';

/** A source as written in the configuration file. */
export interface SourceSetup {
  readonly name: string;
  readonly file: { readonly path: string } | { readonly url: string };
  readonly syncPolicy?: { readonly interval: string };
  readonly claims?: Readonly<Record<string, string>>;
}

export interface RunningRegistry {
  /** Base URL of the public API: `http://host:port`. */
  readonly origin: string;
  readonly database: BenchDatabase;
  readonly temporal: Client;
  readonly processes: { readonly serve: number; readonly api: number; readonly worker: number };
  /** Requests a sync. A sync that the file watch has started already counts as well. */
  requestSync(sourceName: string): Promise<void>;
  /**
   * Waits for the n-th sync of the source (from 1) and returns its duration in milliseconds. Rejects if the sync fails.
   */
  syncDuration(sourceName: string, number: number): Promise<number>;
  stop(): Promise<void>;
}

const SYNC_START_DEADLINE_MS = 120_000;

/** Starts `serve` with an empty database and a new Temporal namespace, and waits until the API is ready. */
export async function startRegistry(
  bench: Bench,
  sources: readonly SourceSetup[],
  settings: { readonly auth?: object } = {},
): Promise<RunningRegistry> {
  const id = randomBytes(4).toString('hex');
  const directory = join(bench.directory, `registry-${id}`);
  await mkdir(directory, { recursive: true });
  const database = await bench.createDatabase();
  const { connection, temporal } = await createNamespace(bench.temporalAddress, `bench-${id}`);
  const serve = await startServe(directory, {
    sources,
    database: await databaseSettings(directory, database),
    temporal: { address: bench.temporalAddress, namespace: `bench-${id}` },
    ...settings,
  });
  const stop = async (): Promise<void> => {
    await serve.stop();
    await connection.close();
  };
  try {
    await serve.untilAnswered('/readiness');
    return {
      origin: serve.origin,
      database,
      temporal,
      processes: await findProcesses(serve.processId),
      requestSync: (sourceName) => temporal.workflow.getHandle(sourceWorkflowId(sourceName)).signal(syncSignal),
      syncDuration: (sourceName, number) => syncDuration(temporal, sourceName, number),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function databaseSettings(directory: string, { settings, ownerSettings }: BenchDatabase): Promise<object> {
  const passwordFile = join(directory, 'password');
  const migrationPasswordFile = join(directory, 'migration-password');
  await writeFile(passwordFile, settings.password ?? '', { mode: 0o600 });
  await writeFile(migrationPasswordFile, ownerSettings.password ?? '', { mode: 0o600 });
  const { host, port, user, database } = settings;
  const migrationUser = ownerSettings.user;
  return { host, port, database, user, passwordFile, migrationUser, migrationPasswordFile, sslMode: 'disable' };
}

async function createNamespace(
  address: string,
  namespace: string,
): Promise<{ connection: Connection; temporal: Client }> {
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  return { connection, temporal: new Client({ connection, namespace }) };
}

async function findProcesses(serve: number): Promise<RunningRegistry['processes']> {
  const children = await childProcesses(serve);
  const lines = await Promise.all(children.map(async (pid) => ({ pid, words: await commandLine(pid) })));
  const find = (role: string): number => {
    const found = lines.find(({ words }) => words.includes(role));
    if (found === undefined) throw new Error(`serve has no child process "${role}"`);
    return found.pid;
  };
  return { serve, api: find('api'), worker: find('worker') };
}

async function syncDuration(temporal: Client, sourceName: string, number: number): Promise<number> {
  const sync = temporal.workflow.getHandle(syncWorkflowId(sourceName, number));
  await untilItExists(sync);
  await sync.result();
  const { startTime, closeTime } = await sync.describe();
  return closeTime!.getTime() - startTime.getTime();
}

async function untilItExists(workflow: { describe(): Promise<unknown> }): Promise<void> {
  const deadline = Date.now() + SYNC_START_DEADLINE_MS;
  while (true) {
    try {
      await workflow.describe();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}

/** Replaces the file atomically. */
export async function replaceFile(path: string, by: string): Promise<void> {
  await copyFile(by, `${path}.next`);
  await rename(`${path}.next`, path);
}
