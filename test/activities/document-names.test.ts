import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../environment.ts';
import { SourceUnderTest } from './source-under-test.ts';

test.each([
  ['that is truncated', '{"remote_servers": {', 'the document is truncated'],
  ['in another format', '{"servers": []}', 'the source has the format toolhive'],
])('the failure of a document %s starts with its path', async (_, content, reason) => {
  const testDatabase = await createTestDatabase();
  const { database } = testDatabase;
  const folder = await mkdtemp(join(tmpdir(), 'document-names-'));
  const path = join(folder, 'registry.json');
  try {
    await writeFile(path, content);
    const source = await SourceUnderTest.of(database, { kind: 'file', location: { path } }, { format: 'toolhive' });
    await expect(source.sync()).rejects.toThrow(`${path}: ${reason}`);
  } finally {
    await rm(folder, { recursive: true });
    await testDatabase.drop();
  }
});
