import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrateDown, migrateUp, migrationStatus } from '../../db/upkeep/migrations.ts';
import { toolhiveToServerJson } from '../../registry/toolhive/convert.ts';
import type { JsonObject } from '../../registry/json.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, entriesOf, labels, revisionOf, source, sync, useSources } from './sync-source.ts';
import { rawRows } from './raw-rows.ts';

const SECRET = 'SECRET-1';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'));
});
afterEach(async () => {
  await target.drop();
});

/** A draft as earlier versions made it of any entry. */
function draftOf(key: string, entry: JsonObject, remote = false): ReturnType<typeof draft> {
  const document = toolhiveToServerJson({ key, entry, remote });
  return draft(String(document['name']), String(document['version']), { document: JSON.stringify(document) });
}

test('a migration erases what earlier versions took from an MCP client configuration', async () => {
  const entries = [
    draftOf('db', { command: 'npx', env: { TOKEN: SECRET }, packages: [] }),
    draftOf('good', { image: 'a:1', description: 'd', later: true }),
    draftOf('far', { url: 'https://example.com', description: 'd', later: true }, true),
    draft('com.example/published', '1.0.0'),
  ];
  const envelope = JSON.stringify({ version: '1', mcpServers: { db: { env: { TOKEN: SECRET } } } });
  await sync(target.database, { sourceName: 'first', entries, apply: { envelope } });
  const revision = await revisionOf(target.database);

  const migrations = await migrationStatus(target.ownerSettings);
  const before = migrations.findIndex(({ name }) => name === 'client_configurations');
  await migrateDown(target.ownerSettings, migrations.length - before);
  await migrateUp(target.ownerSettings);

  expect(labels(await entriesOf(target.database))).toEqual([
    'com.example/published@1.0.0 from first',
    'io.github.stacklok/far@1.0.0 from first',
    'io.github.stacklok/good@1.0.0 from first',
  ]);
  const all = await entriesOf(target.database, { includeDeleted: true });
  expect(all.find(({ name }) => name === 'io.github.stacklok/db')).toMatchObject({ status: 'deleted' });
  const sources = await rawRows(target.database, 'select envelope from source');
  expect(JSON.stringify([all, sources])).not.toContain(SECRET);
  expect(await revisionOf(target.database)).toBeGreaterThan(revision);
});
