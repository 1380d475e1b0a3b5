/**
 * Finds the Temporal command-line tool, which contains the dev server: the configured one, an installed one, or a cached one.
 * Otherwise it is downloaded, or built if only package registries can be reached.
 */
import { join } from 'node:path';
import { cacheDirectory, findOnPath, isExecutable } from './programs.ts';
import { buildTemporal } from './temporal-build.ts';
import { downloadTemporal, TEMPORAL_CLI_VERSION } from './temporal-download.ts';

export interface FindTemporalOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Reports steps that take longer than a moment. */
  readonly onProgress?: (message: string) => void;
}

/** Returns the path of the tool. If it can't be installed, the error lists the user's options. */
export async function findTemporalBinary(options: FindTemporalOptions = {}): Promise<string> {
  const { environment = process.env, onProgress = () => undefined } = options;
  return (await findExisting(environment)) ?? (await obtain(environment, onProgress));
}

async function findExisting(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const named = environment['TEMPORAL_CLI_PATH'];
  if (named) {
    if (await isExecutable(named)) return named;
    throw new Error(`TEMPORAL_CLI_PATH is ${named}, which isn't a program that can be run`);
  }
  const installed = await findOnPath('temporal', environment);
  if (installed !== undefined) return installed;
  const cached = cachedPath(environment);
  return (await isExecutable(cached)) ? cached : undefined;
}

async function obtain(environment: NodeJS.ProcessEnv, onProgress: (message: string) => void): Promise<string> {
  const failures: string[] = [];
  const attempts = [
    () => downloadTemporal(cachedPath(environment), { onProgress }),
    () => buildTemporal(cachedPath(environment), { environment, onProgress }),
  ];
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(remedies(failures));
}

function remedies(failures: readonly string[]): string {
  return [
    'Temporal, which runs the sources, is not on this machine and could not be installed:',
    ...failures.map((failure) => `  - ${failure}`),
    'Do one of these:',
    '  1. install the Temporal command-line tool (https://docs.temporal.io/cli), so that `temporal` is on the PATH',
    '  2. set TEMPORAL_CLI_PATH to its path',
    '  3. install Go (https://go.dev/dl) and start again: Rollcall then builds it from source, once',
    '  4. configure a running Temporal server: `temporal: {address: host:7233}`',
  ].join('\n');
}

function cachedPath(environment: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(environment), 'temporal-cli', TEMPORAL_CLI_VERSION, 'temporal');
}
