/**
 * A real Temporal server on PostgreSQL, as in production: one process with all four services, in contrast to the dev server,
 * which keeps everything in SQLite. Built once with the Go toolchain.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import pg from 'pg';
import { cacheDirectory, findOnPath, isExecutable } from '../embedded/programs.ts';
import { findFreePort, LOOPBACK } from '../embedded/free-port.ts';
import type { EmbeddedPostgres } from '../embedded/postgres.ts';
import { type GuardedProcess, lastLogLines, startGuarded } from '../embedded/guarded-process.ts';

/** The newest release that Go 1.26.4 builds. Moving actors between worker versions needs 1.30. */
const VERSION = 'v1.31.2';
const MODULE = 'go.temporal.io/server';
const BUILD_TIMEOUT_MS = 1_800_000;
const START_DEADLINE_MS = 90_000;
const NAMESPACE = 'default';

export interface TemporalPrograms {
  readonly server: string;
  /** Sets up schemas. */
  readonly sql: string;
}

/** Finds the server in the cache, or builds it: about 5 minutes on two cores, and 120 MB. */
export async function findTemporalServer(): Promise<TemporalPrograms | { readonly missing: string }> {
  const directory = join(cacheDirectory(), 'temporal-server', VERSION);
  const programs = { server: join(directory, 'server'), sql: join(directory, 'sql') };
  const existing = await Promise.all(Object.values(programs).map(isExecutable));
  if (existing.every(Boolean)) return programs;
  const go = await findOnPath('go');
  if (go === undefined) return { missing: 'there is no Go toolchain (`go`) to build the Temporal server with' };
  process.stderr.write(`Building the Temporal server ${VERSION} with Go: once, about 5 minutes\n`);
  const packages = ['cmd/server', 'cmd/tools/sql'].map((path) => `${MODULE}/${path}@${VERSION}`);
  try {
    await promisify(execFile)(go, ['install', '-ldflags', '-s -w', ...packages], {
      env: { ...process.env, CGO_ENABLED: '0', GOBIN: directory },
      timeout: BUILD_TIMEOUT_MS,
    });
    return programs;
  } catch (error) {
    return { missing: `the Temporal server could not be built with Go: ${(error as Error).message}` };
  }
}

export interface RunningTemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly process: GuardedProcess;
}

/**
 * Starts the server with the namespace `default`. It keeps its data in two databases of this PostgreSQL, and its log in the folder.
 *
 * @throws Error with the end of the log if it doesn't start
 */
export async function startTemporalServer(
  programs: TemporalPrograms,
  {
    ownerSettings,
    directory,
  }: { readonly ownerSettings: EmbeddedPostgres['ownerSettings']; readonly directory: string },
): Promise<RunningTemporalServer> {
  await mkdir(directory, { recursive: true });
  await setUpSchema(programs, ownerSettings, 'temporal');
  await setUpSchema(programs, ownerSettings, 'temporal_visibility');
  const configuration = await serverConfiguration(ownerSettings, directory);
  const file = join(directory, 'temporal.yaml');
  await writeFile(join(directory, 'dynamic.yaml'), '{}\n');
  await writeFile(file, JSON.stringify(configuration)); // JSON is YAML
  const logFile = join(directory, 'temporal.log');
  const server = await startGuarded({
    command: programs.server,
    arguments: ['--allow-no-auth', '--config-file', file, 'start'],
    environment: { HOME: directory },
    stopSignal: 'TERM',
    logFile,
    pidFile: join(directory, 'temporal.pid'),
  });
  const address = `${LOOPBACK}:${configuration.services.frontend.rpc.grpcPort}`;
  try {
    await registerNamespace(address, server);
  } catch (cause) {
    await server.stop(0);
    throw new Error(`The Temporal server did not start. The end of ${logFile}:\n${await lastLogLines(logFile)}`, {
      cause,
    });
  }
  return { address, namespace: NAMESPACE, process: server };
}

type Owner = EmbeddedPostgres['ownerSettings'];

async function setUpSchema({ sql }: TemporalPrograms, owner: Owner, database: string): Promise<void> {
  const client = new pg.Client({ ...connectionOf(owner), database: 'postgres' });
  await client.connect();
  try {
    await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
  const schema = `postgresql/v12/${database === 'temporal' ? 'temporal' : 'visibility'}`;
  const environment = {
    SQL_PLUGIN: 'postgres12',
    SQL_HOST: owner.host,
    SQL_PORT: String(owner.port),
    SQL_USER: owner.user,
    SQL_PASSWORD: owner.password,
    SQL_DATABASE: database,
  };
  const run = (...parameters: string[]) => promisify(execFile)(sql, parameters, { env: environment });
  await run('setup-schema', '-v', '0.0');
  await run('update-schema', '--schema-name', schema);
}

function connectionOf({ host, port, user, password }: Owner): pg.ClientConfig {
  return { host, port, user, password };
}

async function serverConfiguration(owner: Owner, directory: string) {
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `${owner.host}:${owner.port}`,
      connectProtocol: 'tcp',
      user: owner.user,
      password: owner.password,
      maxConns,
      maxIdleConns: maxConns,
    },
  });
  const service = async () => ({
    rpc: { grpcPort: await findFreePort(), membershipPort: await findFreePort(), bindOnLocalHost: true },
  });
  const frontend = await service();
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      // Each of the four services opens as many.
      datastores: { main: store('temporal', 10), visibility: store('temporal_visibility', 5) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK } },
    services: { frontend, matching: await service(), history: await service(), worker: await service() },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${LOOPBACK}:${frontend.rpc.grpcPort}`,
        },
      },
    },
    dynamicConfigClient: { filepath: join(directory, 'dynamic.yaml'), pollInterval: '60s' },
  };
}

/** Answers as soon as all services have found each other. */
async function registerNamespace(address: string, server: GuardedProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let hasEnded = false;
  void server.ended.then(() => (hasEnded = true));
  for (;;) {
    const connection = Connection.lazy({ address });
    try {
      const retention = { namespace: NAMESPACE, workflowExecutionRetentionPeriod: msToTs('1 day') };
      await connection.withDeadline(Date.now() + 5_000, () => connection.workflowService.registerNamespace(retention));
      return;
    } catch (error) {
      if (hasEnded || Date.now() > deadline) throw error;
      await delay(500);
    } finally {
      await connection.close();
    }
  }
}
