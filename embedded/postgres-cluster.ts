/**
 * The files of the embedded PostgreSQL and the passwords of its two users: created once, checked on every start.
 *
 * A cluster is prepared in a separate folder and moved into place when it is complete. An existing cluster is therefore always
 * complete, and is never deleted.
 */
import { execFile, type ExecFileOptionsWithStringEncoding } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { pickVariables } from '../outbound/child-environment.ts';
import { APPLICATION_ROLE } from '../db/upkeep/application-role.ts';
import { describeError } from '../telemetry/describe-error.ts';
import { LOOPBACK } from './free-port.ts';
import { OPEN_TO_ALL, type PostgresHost } from './postgres-host.ts';
import { Unrecoverable } from './keep-running.ts';

export const DATABASE = 'rollcall';
export const OWNER = 'rollcall_owner';
export const APPLICATION = 'rollcall';

export interface Passwords {
  readonly owner: string;
  readonly application: string;
}

interface ClusterOptions {
  readonly dataDirectory: string;
  /** Whether to create the cluster if there is none yet. */
  readonly create: boolean;
  /** Don't wait for the disk. */
  readonly disposable: boolean;
}

/** The environment of PostgreSQL's programs, without this process's secrets. */
export function postgresEnvironment(): Record<string, string> {
  return { LC_ALL: 'C', ...pickVariables(['TZ']) };
}

/** Whether a data folder contains a PostgreSQL. */
export function hasEmbeddedPostgres(dataDirectory: string): boolean {
  return existsSync(passwordsFile(dataDirectory));
}

/**
 * Ensures that there is a cluster that these programs can run, and returns the passwords of its users. If the passwords are lost
 * or unreadable, the users get new ones.
 * @throws Unrecoverable if the cluster is missing or belongs to another version of PostgreSQL
 */
export async function openCluster(host: PostgresHost, options: ClusterOptions): Promise<Passwords> {
  const file = passwordsFile(options.dataDirectory);
  const passwords = await readPasswords(file);
  if (passwords !== undefined) await bringBackCluster(host.clusterDirectory, options.dataDirectory);
  const version = await readClusterVersion(host.clusterDirectory);
  if (version === undefined) {
    if (passwords !== undefined || !options.create) throw missingCluster(host.clusterDirectory, file);
    await createCluster(host, options.disposable);
  } else {
    await assertSameVersion(host, version);
    if (passwords !== undefined) return passwords;
  }
  return await setPasswords(host, file);
}

/**
 * How PostgreSQL's programs name the folder that they run in. Another user can't enter a folder below a closed one by its path,
 * but a process that root starts in the folder can always enter its own working directory.
 */
export function dataPath({ clusterDirectory, user }: PostgresHost): string {
  return user !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : clusterDirectory;
}

/**
 * Version 0.1.0 kept PostgreSQL's files outside a data folder below a closed folder. They belong to this data folder if it has
 * their passwords: otherwise it is a new one with the same path.
 */
async function bringBackCluster(clusterDirectory: string, dataDirectory: string): Promise<void> {
  const id = hash('sha256', resolve(dataDirectory)).slice(0, 12);
  const former = join(OPEN_TO_ALL, `data-${id}`, 'postgres');
  if (!existsSync(former) || existsSync(clusterDirectory)) return;
  try {
    await rename(former, clusterDirectory);
  } catch (cause) {
    throw new Unrecoverable(
      `PostgreSQL's files belong in the data folder, but can't be moved (${describeError(cause)}): ` +
        `copy them with \`cp -a ${former} ${clusterDirectory}\`, which keeps their owner and mode, and delete ${former}`,
      { cause },
    );
  }
}

function passwordsFile(dataDirectory: string): string {
  return join(dataDirectory, 'postgres-passwords.json');
}

/** Returns undefined if the file is missing or damaged. */
async function readPasswords(file: string): Promise<Passwords | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  try {
    const { owner, application } = JSON.parse(text) as Partial<Passwords>;
    return typeof owner === 'string' && typeof application === 'string' ? { owner, application } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the major version of the cluster, or undefined if it doesn't exist. */
async function readClusterVersion(clusterDirectory: string): Promise<string | undefined> {
  return await readFile(join(clusterDirectory, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
}

function missingCluster(clusterDirectory: string, file: string): Unrecoverable {
  return new Unrecoverable(
    `The files of the embedded PostgreSQL are missing: there is no database in ${clusterDirectory}. ` +
      `Restore that folder from a backup. To start with an empty database instead, delete ${file}.`,
  );
}

async function assertSameVersion(host: PostgresHost, version: string): Promise<void> {
  const { stdout } = await run(host.binaries.postgres, ['--version'], processOptions(host));
  const ours = /\d+/.exec(stdout)?.[0];
  if (ours === version) return;
  throw new Unrecoverable(
    `The database in ${host.clusterDirectory} was created by PostgreSQL ${version}, but this Rollcall comes with ${ours}. ` +
      `Run the Rollcall that created it, or move the data with pg_dump and your own PostgreSQL ${version}.`,
  );
}

async function createCluster(host: PostgresHost, disposable: boolean): Promise<void> {
  const unfinished = `${host.clusterDirectory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  if (host.user !== undefined) await chown(unfinished, host.user.uid, host.user.gid);
  await runInitdb({ ...host, clusterDirectory: unfinished }, disposable);
  await writeFile(join(unfinished, 'pg_hba.conf'), `host all ${OWNER},${APPLICATION} ${LOOPBACK}/32 scram-sha-256\n`);
  await runSingleUser({ ...host, clusterDirectory: unfinished }, [
    `create role ${APPLICATION_ROLE} nologin`,
    `create role ${OWNER} login createdb`,
    `create role ${APPLICATION} login in role ${APPLICATION_ROLE}`,
    `create database ${DATABASE} owner ${OWNER}`,
  ]);
  await rename(unfinished, host.clusterDirectory);
}

async function setPasswords(host: PostgresHost, file: string): Promise<Passwords> {
  const passwords = { owner: randomPassword(), application: randomPassword() };
  await runSingleUser(host, [
    `alter role ${OWNER} password '${passwords.owner}'`,
    `alter role ${APPLICATION} password '${passwords.application}'`,
  ]);
  await writeWhole(file, `${JSON.stringify(passwords, null, 2)}\n`);
  return passwords;
}

function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** Writes the whole file or nothing, because a disk can be full. */
async function writeWhole(file: string, text: string): Promise<void> {
  const unfinished = await open(`${file}.new`, 'w', 0o600);
  try {
    await unfinished.writeFile(text);
    await unfinished.sync();
  } finally {
    await unfinished.close();
  }
  await rename(`${file}.new`, file);
}

const run = promisify(execFile);

function processOptions({ clusterDirectory, user }: PostgresHost): ExecFileOptionsWithStringEncoding {
  return { cwd: clusterDirectory, env: postgresEnvironment(), encoding: 'utf8', ...user };
}

async function runInitdb(host: PostgresHost, disposable: boolean): Promise<void> {
  const parameters = [
    `--pgdata=${dataPath(host)}`,
    '--username=postgres',
    '--auth=reject', // replaced later: no one ever logs in as the superuser
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin', // the same order and case rules on every machine
    '--builtin-locale=C.UTF-8',
    ...(disposable ? ['--no-sync'] : []),
  ];
  await run(host.binaries.initdb, parameters, processOptions(host)).catch((error: Error & { stderr?: string }) => {
    throw new Error(setupFailure(host, error.stderr?.trim() || error.message), { cause: error });
  });
}

/** Single-user mode runs statements, one per line, as the superuser without a network and without a password. */
async function runSingleUser(host: PostgresHost, statements: readonly string[]): Promise<void> {
  const child = execFile(
    host.binaries.postgres,
    ['--single', '-D', dataPath(host), '-F', 'postgres'],
    processOptions(host),
  );
  let output = '';
  child.stdout?.on('data', (text: string) => (output += text));
  child.stderr?.on('data', (text: string) => (output += text));
  child.stdin?.on('error', () => undefined); // The process ended before reading everything; its status says why.
  child.stdin?.end(`${statements.join('\n')}\n`);
  const [status] = (await once(child, 'close')) as [number | null];
  const complaints = output.split('\n').filter((line) => /(ERROR|FATAL|PANIC):/.test(line));
  if (status !== 0 || complaints.length > 0) throw new Error(setupFailure(host, complaints.join('\n') || output));
}

function setupFailure({ clusterDirectory }: PostgresHost, reason: string): string {
  return `The embedded PostgreSQL in ${clusterDirectory} could not be set up:\n${reason}`;
}
