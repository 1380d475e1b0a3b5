import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigurationError, describeFinding } from '../../config/faults.ts';
import { loadConfiguration } from '../../config/load.ts';
import type { Configuration } from '../../config/model.ts';

/** Runs something with its own folder, which contains `rollcall.yaml`. */
export async function withFile<Result>(
  text: string,
  use: (path: string, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-config-'));
  try {
    const path = join(folder, 'rollcall.yaml');
    await writeFile(path, text);
    return await use(path, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The configuration in a file with this text. */
export async function load(text: string, environment: NodeJS.ProcessEnv = {}): Promise<Configuration> {
  return withFile(text, async (path) => loadConfiguration(path, environment));
}

/** The faults in a file with this text: `line:column: message`, or `VARIABLE: message`. */
export async function faultsOf(text: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  return withFile(text, async (path) => {
    try {
      await loadConfiguration(path, environment);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.faults.map((fault) => describeFinding(fault).replace(`${path}:`, ''));
    }
  });
}
