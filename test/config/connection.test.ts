import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { applicationConnection, migrationConnection } from '../../config/connection.ts';
import type { DatabaseSettings } from '../../config/model.ts';
import { load } from './configuration-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-passwords-'));
  vi.stubEnv('PGPASSFILE', join(folder, 'none'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function secretFile(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

/** The settings of a file with these database keys, read with the variables of this process. */
async function databaseSettings(keys: string): Promise<DatabaseSettings> {
  const { database } = await load(
    `sources: [{ name: a, managed: {} }]
auth: { mode: anonymous }
database: { host: db, port: 5433, database: registry, user: app, ${keys} }`,
    process.env,
  );
  if (database === undefined) throw new Error('the file has no database');
  return database;
}

async function passwords(settings: DatabaseSettings): Promise<[string | undefined, string | undefined]> {
  return [(await applicationConnection(settings)).password, (await migrationConnection(settings)).password];
}

test('both logins, with the settings of the pool', async () => {
  const application = await secretFile('application', '  one\n');
  const migration = await secretFile('migration', 'two\n');
  const settings = await databaseSettings(
    `passwordFile: ${application}, migrationUser: owner, migrationPasswordFile: ${migration}, sslMode: verify-full`,
  );
  const expected = {
    host: 'db',
    port: 5433,
    database: 'registry',
    sslMode: 'verify-full',
    maxConnections: 25,
    maxIdleConnections: 5,
    connectionMaxLifetimeMs: 300_000,
  };
  expect(await applicationConnection(settings)).toEqual({ ...expected, user: 'app', password: 'one' });
  expect(await migrationConnection(settings)).toEqual({ ...expected, user: 'owner', password: 'two' });
});

test('the migration login has the application’s password unless it has its own', async () => {
  expect(await passwords(await databaseSettings('password: one'))).toEqual(['one', 'one']);
});

test('variables provide passwords that the file doesn’t have', async () => {
  vi.stubEnv('THV_DATABASE_PASSWORD', 'one');
  vi.stubEnv('THV_DATABASE_MIGRATION_PASSWORD', 'two');
  expect(await passwords(await databaseSettings(''))).toEqual(['one', 'two']);
  expect(await passwords(await databaseSettings('password: three'))).toEqual(['three', 'two']);
});

test('overriding variables take precedence over the file', async () => {
  vi.stubEnv('THV_REGISTRY_DATABASE_PASSWORD', 'one');
  vi.stubEnv('THV_REGISTRY_DATABASE_MIGRATIONPASSWORD', 'two');
  vi.stubEnv('THV_DATABASE_PASSWORD', 'other');
  expect(await passwords(await databaseSettings('password: three, migrationPassword: four'))).toEqual(['one', 'two']);
});

test('a password file of PostgreSQL is looked up for each login', async () => {
  const file = await secretFile('pgpass', 'db:5433:registry:app:one\n*:*:*:owner:with\\:colon\n');
  vi.stubEnv('PGPASSFILE', file);
  expect(await passwords(await databaseSettings('migrationUser: owner'))).toEqual(['one', 'with:colon']);
  expect(await passwords(await databaseSettings('migrationUser: stranger'))).toEqual(['one', undefined]);
});

test('a password file of PostgreSQL that others can read is ignored', async () => {
  const file = await secretFile('pgpass', '*:*:*:*:one\n');
  await chmod(file, 0o644);
  vi.stubEnv('PGPASSFILE', file);
  expect(await passwords(await databaseSettings(''))).toEqual([undefined, undefined]);
});

test('a secret that can’t be read is named by its location and by the setting', async () => {
  const missing = await databaseSettings('passwordFile: /nowhere/password, migrationPasswordFile: /nowhere/other');
  await expect(applicationConnection(missing)).rejects.toMatchObject({
    type: 'SecretUnavailable',
    message: 'the file /nowhere/password (`database.passwordFile`) does not exist',
  });
  await expect(migrationConnection(missing)).rejects.toThrow(
    'the file /nowhere/other (`database.migrationPasswordFile`) does not exist',
  );
  const file = await secretFile('empty', ' \n');
  await expect(applicationConnection(await databaseSettings(`passwordFile: ${file}`))).rejects.toMatchObject({
    type: 'SecretUnavailable',
    message: `the file ${file} (\`database.passwordFile\`) is empty`,
  });
  vi.stubEnv('THV_REGISTRY_DATABASE_PASSWORD', ' ');
  await expect(applicationConnection(await databaseSettings(''))).rejects.toThrow(
    'the environment variable THV_REGISTRY_DATABASE_PASSWORD (`database.password`) is empty',
  );
});
