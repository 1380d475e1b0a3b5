/** Tests of a source that reads a file: each gets its own folder and source. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import { createTestDatabase } from '../environment.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

export const test = base
  .extend('database', { scope: 'file' }, async ({}, { onCleanup }) => {
    const target = await createTestDatabase();
    onCleanup(() => target.drop());
    return target.database;
  })
  .extend('folder', async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-file-source-'));
    onCleanup(() => rm(folder, { recursive: true }));
    return folder;
  })
  /** Does not exist yet. */
  .extend('path', ({ folder }) => join(folder, 'registry.json'))
  .extend('source', async ({ database, path }) => SourceUnderTest.of(database, { kind: 'file', location: { path } }));
