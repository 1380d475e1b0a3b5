/** `serve` ends with a message when it loses its data folder or its database. */
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../embedded/postgres.ts';
import { preparePostgresHost } from '../../embedded/postgres-host.ts';
import { createInstallation, type Installation, type ServeProcess, startServe } from './serve-process.ts';

let installation: Installation;
let serve: ServeProcess | undefined;

beforeEach(async () => {
  installation = await createInstallation('');
});

afterEach(async () => {
  serve?.process.kill('SIGINT');
  await serve?.exited;
  await installation.remove();
});

test('a data folder that disappears ends it with a message', async () => {
  serve = await startServe(installation);
  await rename(installation.dataFolder, `${installation.dataFolder}-elsewhere`);
  expect(await serve.exited).toBe(1);
  expect(serve.output()).toMatch(/The data folder .*data was deleted or replaced while in use/);
  expect(serve.output()).not.toMatch(/\n\s+at /);
}, 240_000);

test('a database that disappears ends it with a message, and prevents the next start', async () => {
  serve = await startServe(installation);
  const { clusterDirectory } = await preparePostgresHost(installation.dataFolder);
  const pid = await postgresPid();
  await rm(clusterDirectory, { recursive: true });
  process.kill(pid, 'SIGKILL');
  expect(await serve.exited).toBe(1);
  const message = /The files of the embedded PostgreSQL are missing: there is no database in .*data\/postgres/;
  expect(serve.output()).toMatch(message);
  await expect(startServe(installation)).rejects.toThrow(message);
}, 240_000);

test('PostgreSQL that is killed during the migrations ends it with a message', async () => {
  await prepareEndlessMigration();
  serve = await startServe(installation, 'Starting PostgreSQL');
  await expect.poll(isMigrating, { timeout: 60_000 }).toBe(true);
  process.kill(await postgresPid(), 'SIGKILL');
  expect(await serve.exited).toBe(1);
  expect(serve.output()).toMatch(/The database at 127\.0\.0\.1:\d+ could not be migrated: .*`rollcall serve` again/);
  expect(serve.output()).not.toMatch(/\n\s+at /);
}, 240_000);

/** A database whose first migration takes ten minutes. */
async function prepareEndlessMigration(): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataDirectory: installation.dataFolder });
  const client = await connectAsOwner(postgres.ownerSettings.port);
  await client.query(`
    create table schema_migration (
      version integer primary key, name text, checksum text, applied_at timestamptz not null default now());
    create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$;
    create trigger wait before insert on schema_migration for each row execute function wait();`);
  await client.end();
  await postgres.process.stop();
}

async function isMigrating(): Promise<boolean> {
  const port = await portOfPostgres().catch(() => undefined);
  if (port === undefined) return false;
  try {
    const client = await connectAsOwner(port);
    const { rowCount } = await client.query(`select from pg_stat_activity where wait_event = 'PgSleep'`);
    await client.end();
    return rowCount === 1;
  } catch {
    return false;
  }
}

async function connectAsOwner(port: number): Promise<pg.Client> {
  const passwords = await readFile(join(installation.dataFolder, 'postgres-passwords.json'), 'utf8');
  const { owner } = JSON.parse(passwords) as { owner: string };
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'rollcall_owner',
    password: owner,
    database: 'rollcall',
  });
  await client.connect();
  return client;
}

async function portOfPostgres(): Promise<number> {
  const { clusterDirectory } = await preparePostgresHost(installation.dataFolder);
  return Number((await readFile(join(clusterDirectory, 'postmaster.pid'), 'utf8')).split('\n')[3]);
}

async function postgresPid(): Promise<number> {
  const text = await readFile(join(installation.dataFolder, 'postgres.pid'), 'utf8');
  return (JSON.parse(text) as { pid: number }).pid;
}
