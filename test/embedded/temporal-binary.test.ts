import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporalBinary } from '../../embedded/temporal-binary.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-binary-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function program(...path: string[]): Promise<string> {
  const file = join(folder, ...path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
}

test('the configured tool takes precedence over an installed one, and that over the cache', async () => {
  const cached = await program('cache', 'rollcall', 'temporal-cli', 'v1.5.1', 'temporal');
  const environment: NodeJS.ProcessEnv = { XDG_CACHE_HOME: join(folder, 'cache'), PATH: join(folder, 'bin') };
  expect(await findTemporalBinary({ environment })).toBe(cached);
  const installed = await program('bin', 'temporal');
  expect(await findTemporalBinary({ environment })).toBe(installed);
  const named = await program('named');
  expect(await findTemporalBinary({ environment: { ...environment, TEMPORAL_CLI_PATH: named } })).toBe(named);
});

test('a path that isn’t a program is an error', async () => {
  await program('bin', 'temporal');
  const environment = { PATH: join(folder, 'bin'), TEMPORAL_CLI_PATH: join(folder, 'missing') };
  await expect(findTemporalBinary({ environment })).rejects.toThrow(/TEMPORAL_CLI_PATH is .*missing/);
});
