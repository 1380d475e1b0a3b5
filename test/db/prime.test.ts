import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { primeDatabase, primeDatabaseSql } from '../../db/prime.ts';
import { startOwnPostgres } from './own-postgres.ts';
import type { OwnPostgres } from './own-postgres.ts';

let target: OwnPostgres;
beforeAll(async () => {
  target = await startOwnPostgres();
});
afterAll(async () => {
  await target.remove();
});

async function logIn(user: string, password: string): Promise<pg.Client> {
  const { host, port, database } = target.settings;
  const client = new pg.Client({ host, port, database, user, password });
  await client.connect();
  return client;
}

test.each([
  ['plain', 'secret'],
  [`o'brien "the" user`, String.raw`it's \ "quoted"; drop table entry; --`],
  ['a$prime$b', '$prime$ $$ %I %L'],
])('user %j logs in with the password and may use the rows', async (user, password) => {
  await primeDatabase(target.superuserSettings, { user, password: 'an older one' });
  await primeDatabase(target.superuserSettings, { user, password });
  const client = await logIn(user, password);
  const { rows } = await client.query('select current_user as name, count(*)::integer as entries from entry');
  expect(rows).toEqual([{ name: user, entries: 0 }]);
  await expect(client.query('truncate entry')).rejects.toThrow('permission denied');
  await client.end();
});

test('the statements are what psql would run: one transaction', () => {
  const statements = primeDatabaseSql('app', 'secret');
  expect(statements).toMatch(/^begin;[\s\S]*commit;\n$/);
});
