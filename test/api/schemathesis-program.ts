/** Schemathesis, which generates requests from an OpenAPI document: cached, and installed the first time from PyPI. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, findOnPath, isExecutable } from '../../embedded/programs.ts';

const VERSION = '4.32.5';
export const INSTALL_TIMEOUT_MS = 300_000;

/** Why it isn't available on this machine. */
interface NoProgram {
  readonly missing: string;
}

/** The path of the program, which runs in its own Python environment. */
export async function findSchemathesis(): Promise<string | NoProgram> {
  const environment = join(cacheDirectory(), 'schemathesis', VERSION);
  const program = join(environment, 'bin', 'schemathesis');
  if (await isExecutable(program)) return program;
  const python = await findOnPath('python3');
  if (python === undefined) return { missing: 'there is no Python (`python3`) to run schemathesis with' };
  try {
    await mkdir(environment, { recursive: true });
    await run(python, '-m', 'venv', '--clear', environment);
    // The program is written last, so that an incomplete installation isn't used.
    await run(join(environment, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', `schemathesis==${VERSION}`);
    return program;
  } catch (error) {
    return { missing: `schemathesis could not be installed with pip: ${(error as Error).message}` };
  }
}

async function run(program: string, ...options: readonly string[]): Promise<void> {
  await promisify(execFile)(program, options, { timeout: INSTALL_TIMEOUT_MS });
}
