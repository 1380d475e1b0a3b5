import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { createRegistry, deleteRegistry } from '../../db/configuration/created-registries.ts';
import { deleteDetachedSource } from '../../db/configuration/sources.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, source, sync, useSources } from './sync-source.ts';

// The tables that grow with the entries have no foreign keys, so their rows must be deleted with their source or registry.
let target: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  target = await createTestDatabase();
  client = new pg.Client(target.ownerSettings);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await target.drop();
});

async function idOf(table: 'source' | 'registry', name: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(`select id from ${table} where name = $1`, [name]);
  return rows[0]!.id;
}

/** The number of rows of each table with the id in this column, without tables that have no such rows. */
async function rowsOf(column: 'source_id' | 'registry_id', id: string): Promise<Record<string, number>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = current_schema() and column_name = $1 order by table_name`,
    [column],
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: number }>(
      `select count(*)::integer as rows from ${name} where ${column} = $1`,
      [id],
    );
    const [{ rows: counted } = { rows: 0 }] = rows;
    if (counted > 0) found[name] = counted;
  }
  return found;
}

test('nothing of a source or a registry is left behind', async () => {
  const [kept, leaving] = [source('kept'), source('leaving')];
  await useSources(target.database, kept, leaving);
  await createRegistry(target.database, { name: 'team', sources: ['kept', 'leaving'], access: 'public', claims: null });
  await sync(target.database, { sourceName: 'kept', entries: [draft('com.example/a', '1.0.0')] });
  await sync(target.database, { sourceName: 'leaving', entries: [draft('com.example/b', '1.0.0')] });

  const teamId = await idOf('registry', 'team');
  expect(await rowsOf('registry_id', teamId)).toEqual({ registry_source: 2, server_owner: 2 });
  await deleteRegistry(target.database, 'team');
  expect(await rowsOf('registry_id', teamId)).toEqual({});

  const leavingId = await idOf('source', 'leaving');
  expect(await rowsOf('source_id', leavingId)).toMatchObject({ entry: 1, server_owner: 1, sync_run: 1 });
  await storeConfiguration(target.database, { sources: [kept], registries: [], defaultRegistry: 'default' });
  await deleteDetachedSource(target.database, 'leaving');
  expect(await rowsOf('source_id', leavingId)).toEqual({});
  expect(await rowsOf('source_id', await idOf('source', 'kept'))).toMatchObject({ entry: 1, server_owner: 1 });
});
