import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countEntriesOf, findManagedSource, findSource, listSources } from '../../db/configuration/sources.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, source, sync, useSources } from './sync-source.ts';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'), source('published', 'managed'));
  await sync(target.database, { sourceName: 'first', entries: [draft('com.example/one', '1.0.0')] });
});
afterEach(() => target.drop());

test('finding sources reads no entry, so the cost doesn’t depend on their number', async () => {
  const client = new pg.Client({ ...target.ownerSettings });
  await client.connect();
  await client.query('revoke all on entry from public, toolhive_registry_server');
  await client.end();
  const { database } = target;
  await expect(countEntriesOf(database, await listSources(database))).rejects.toThrow('permission denied');
  expect(await findSource(database, 'first')).toMatchObject({ name: 'first', nextSyncNumber: 2 });
  expect(await findManagedSource(database, 'default')).toMatchObject({ name: 'published' });
});
