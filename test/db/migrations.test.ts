import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrateDown, migrateUp, migrationStatus } from '../../db/upkeep/migrations.ts';
import { createEmptyTestDatabase, createTestDatabase, type TestDatabase } from '../environment.ts';

async function asUser(settings: TestDatabase['settings'], statement: string): Promise<pg.QueryResult> {
  const { host, port, user, password, database } = settings;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

describe('migrations of an empty database', () => {
  let empty: TestDatabase;
  beforeEach(async () => {
    empty = await createEmptyTestDatabase();
  });
  afterEach(async () => {
    await empty.drop();
  });

  const tables = async (): Promise<string[]> => {
    const { rows } = await asUser(
      empty.ownerSettings,
      `select tablename from pg_tables where schemaname = 'public' and tablename <> 'schema_migration' order by 1`,
    );
    return rows.map((row: { tablename: string }) => row.tablename);
  };

  test('are refused in a database of ToolHive Registry Server, which stays as it is', async () => {
    for (const table of ['source', 'registry', 'registry_entry', 'entry_version']) {
      await asUser(empty.ownerSettings, `create table ${table} (id uuid primary key)`);
    }
    await expect(migrateUp(empty.ownerSettings)).rejects.toThrow(/holds the tables of ToolHive Registry Server/);
    expect(await tables()).toEqual(['entry_version', 'registry', 'registry_entry', 'source']);
  });

  test('run up and down one by one, each from the previous one, and leave nothing behind', async () => {
    const migrations = await migrateUp(empty.ownerSettings);
    const whole = await tables();
    expect(whole).toContain('entry');

    for (let taken = 0; taken < migrations.length; taken++) await migrateDown(empty.ownerSettings, 1);
    expect(await tables()).toEqual([]);
    expect((await migrationStatus(empty.ownerSettings)).every(({ appliedAt }) => appliedAt === null)).toBe(true);

    await migrateUp(empty.ownerSettings);
    expect(await tables()).toEqual(whole);
  });

  test('run once when several processes start at the same time', async () => {
    const runs = await Promise.all([1, 2, 3].map(async () => await migrateUp(empty.ownerSettings)));
    const status = await migrationStatus(empty.ownerSettings);
    expect(runs.flat()).toHaveLength(status.length);
    expect(status.every(({ appliedAt }) => appliedAt !== null)).toBe(true);
  });

  test('reading the status changes nothing', async () => {
    await migrationStatus(empty.ownerSettings);
    const { rows } = await asUser(empty.ownerSettings, `select to_regclass('schema_migration') as found`);
    expect(rows).toEqual([{ found: null }]);
  });

  describe('from a folder', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rollcall-migrations-'));
      await writeFile(join(folder, '0001_one.up.sql'), 'create table one ();');
      await writeFile(join(folder, '0001_one.down.sql'), 'drop table one;');
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
    });
    const options = (): { folder: URL } => ({ folder: pathToFileURL(`${folder}/`) });

    test('a failed migration leaves nothing behind, and earlier ones stay applied', async () => {
      await writeFile(join(folder, '0002_two.up.sql'), 'create table two (); select 1 / 0;');
      await writeFile(join(folder, '0002_two.down.sql'), 'drop table two;');
      await expect(migrateUp(empty.ownerSettings, options())).rejects.toThrow('division by zero');
      expect(await tables()).toEqual(['one']);
    });

    test('an applied migration whose file was edited is refused', async () => {
      await migrateUp(empty.ownerSettings, options());
      await writeFile(join(folder, '0001_one.up.sql'), 'create table one (edited integer);');
      await expect(migrateUp(empty.ownerSettings, options())).rejects.toThrow(
        '0001_one was applied with different content',
      );
    });

    test('a program starts on the schema of a newer one, and reverts none of its migrations', async () => {
      await migrateUp(empty.ownerSettings, options());
      await rm(join(folder, '0001_one.up.sql'));
      expect(await migrateUp(empty.ownerSettings, options())).toEqual([]);
      await expect(migrateDown(empty.ownerSettings, 1, options())).rejects.toThrow(
        "0001_one, which this version of Rollcall doesn't know: revert it with the newer version first",
      );
      expect(await tables()).toEqual(['one']);
    });
  });
});

describe('the application user', () => {
  let migrated: TestDatabase;
  beforeEach(async () => {
    migrated = await createTestDatabase();
  });
  afterEach(async () => {
    await migrated.drop();
  });

  test('reads and writes rows of every table, except for those that are a record', async () => {
    const { rows } = await asUser(
      migrated.settings,
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       and relname not in ('schema_migration', 'audit_event')
       and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
         and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))`,
    );
    expect(rows).toEqual([]);
    await asUser(migrated.settings, 'delete from sync_run');
  });

  test('has rights on the tables of later migrations', async () => {
    await asUser(migrated.ownerSettings, 'create table later (number integer)');
    const { rowCount } = await asUser(migrated.settings, 'insert into later values (1)');
    expect(rowCount).toBe(1);
  });

  test.each([
    'create table mine ()',
    'alter table entry add column mine integer',
    'drop table entry',
    'truncate entry',
    'truncate source cascade',
    'create index mine on entry (name)',
    'delete from schema_migration',
    "update audit_event set subject = 'eve'",
    'delete from audit_event',
    'create role mine',
  ])('can’t run %s', async (statement) => {
    await expect(asUser(migrated.settings, statement)).rejects.toThrow(/permission denied|must be owner/);
  });
});
