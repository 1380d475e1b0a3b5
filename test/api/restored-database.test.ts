/** A database that is lost, or restored from a backup, while the API keeps running. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../db/connection/database.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import { type OwnPostgres, startOwnPostgres } from '../db/own-postgres.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { eventually } from '../eventually.ts';
import { label, labels, readJson, readPage, type Item } from './items.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';
import { type RunningApi, startApi } from './running-api.ts';

describe('pages in memory', () => {
  let postgres: OwnPostgres;
  let database: Database;
  let api: RunningApi;
  beforeEach(async () => {
    postgres = await startOwnPostgres();
    database = await openDatabase(postgres.settings);
    api = await startApi({
      database: await openDatabase(postgres.settings),
      settings: postgres.settings,
      ownerSettings: postgres.settings,
      drop: async () => {},
    });
    await useSources(database, source('alpha'));
    await publish('a');
  });
  afterEach(async () => {
    await api.stop();
    await api.database.close();
    await database.close();
    await postgres.remove();
  });

  const publish = (...names: readonly string[]): Promise<unknown> =>
    sync(database, { sourceName: 'alpha', entries: names.map((name) => draft(`com.example/${name}`, '1.0.0')) });
  const served = async (): Promise<string> => labels(await readPage(api, '/v0.1/servers')).join(' ');
  const isServed = (expected: string): Promise<boolean> =>
    served().then(
      (found) => found === expected,
      () => false,
    );

  /** With nothing connected to the database, so that its files could be copied. */
  async function offline(...statements: readonly string[]): Promise<void> {
    const client = new pg.Client({ ...postgres.superuserSettings, database: 'postgres' });
    await client.connect();
    const name = postgres.settings.database;
    await client.query(`alter database ${name} with allow_connections false`);
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    for (const statement of statements) await client.query(statement);
    await client.query(`alter database ${name} with allow_connections true`);
    await client.end();
    // Connections that were closed are noticed when the pool uses them.
    await eventually(
      () =>
        findRegistry(database, 'default').then(
          () => true,
          () => false,
        ),
      'the database can be used again',
    );
  }

  test('show the restored database within seconds, even if its revisions reach the old numbers', async () => {
    const name = postgres.settings.database;
    await offline(`create database backup template ${name}`);
    await publish('a', 'lost');
    await eventually(() => isServed('com.example/a@1.0.0 com.example/lost@1.0.0'), 'both are served');
    const before = await findRegistry(database, 'default');
    const tag = (await api.get('/v0.1/servers')).headers.get('etag') ?? '';

    await offline(`drop database ${name}`, `create database ${name} template backup`);
    await eventually(() => isServed('com.example/a@1.0.0'), 'what was not backed up is gone');

    await publish('a', 'new');
    const after = await findRegistry(database, 'default');
    expect(after?.revision).toBe(before?.revision);
    expect(after?.revisionToken).not.toBe(before?.revisionToken);
    await eventually(() => isServed('com.example/a@1.0.0 com.example/new@1.0.0'), 'the new one is served');
    expect((await api.get('/v0.1/servers', { headers: { 'if-none-match': tag } })).status).toBe(200);
  });

  test('are right even if rows were put back silently, with connections open', async () => {
    await publish('a', 'b');
    await eventually(() => isServed('com.example/a@1.0.0 com.example/b@1.0.0'), 'both are served');
    const client = new pg.Client({ ...postgres.superuserSettings });
    await client.connect();
    await client.query("delete from entry where name = 'com.example/b'");
    await client.query("delete from server_owner where name = 'com.example/b'");
    await client.query('update registry set revision = revision - 1');
    await client.end();
    await expect.poll(served, { timeout: 15_000 }).toBe('com.example/a@1.0.0');
  });
});

describe('a publish that is repeated with its key', () => {
  let publishing: PublishingApi;
  beforeAll(async () => {
    publishing = await startPublishingApi(source('own', 'managed'));
  });
  afterAll(() => publishing.end());

  test('is answered from the database, not from Temporal’s memory', async () => {
    const { api, test: target } = publishing;
    const publish = async (): Promise<Item> => {
      const response = await api.send('POST', '/v0.1/publish', {
        body: { name: 'com.example/weather', description: 'Weather forecasts', version: '1.0.0' },
        headers: { 'idempotency-key': 'once' },
      });
      expect(response.status).toBe(200);
      return (await response.json()) as Item;
    };
    const first = await publish();
    expect(await publish()).toEqual(first);

    const client = new pg.Client({ ...target.ownerSettings });
    await client.connect();
    for (const table of ['write_request', 'entry', 'server_owner']) await client.query(`delete from ${table}`);
    await client.query('update registry set revision = 1');
    await client.end();
    expect(label(await publish())).toBe('com.example/weather@1.0.0');
    expect(label(await readJson<Item>(api, '/v0.1/servers/com.example%2Fweather/versions/1.0.0'))).toBe(
      'com.example/weather@1.0.0',
    );
  });
});
