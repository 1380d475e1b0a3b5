import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { primeDatabase, primeDatabaseSql } from '../../db/upkeep/prime.ts';
import { scramVerifier } from '../../db/upkeep/scram-verifier.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';

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
  ['unicode', 'p\u00E4ss\u00A0w\u00ADord \uFB01 \u212B'],
])('user %j logs in with the password and can use the rows', async (user, password) => {
  await primeDatabase(target.superuserSettings, { user, password: 'an older one' });
  await primeDatabase(target.superuserSettings, { user, password });
  const client = await logIn(user, password);
  const { rows } = await client.query('select current_user as name, count(*)::integer as entries from entry');
  expect(rows).toEqual([{ name: user, entries: 0 }]);
  await expect(client.query('truncate entry')).rejects.toThrow('permission denied');
  await client.end();
});

test('the statements contain a verifier instead of the password, each time with another salt', () => {
  const statements = primeDatabaseSql('app', 'correct horse');
  expect(statements).not.toContain('correct horse');
  expect(statements).toMatch(/password 'SCRAM-SHA-256\$4096:[\w+/=]{24}\$[\w+/=]{44}:[\w+/=]{44}'/);
  expect(primeDatabaseSql('app', 'correct horse')).not.toBe(statements);
});

test('the verifier is the one that PostgreSQL computes', async () => {
  const client = new pg.Client(target.superuserSettings);
  await client.connect();
  const password = 'p\u00E4ss\u00A0w\u00ADord \uFB01 \u212B';
  await client.query(`create role computed login password ${pg.escapeLiteral(password)}`);
  const { rows } = await client.query<{ verifier: string }>(
    `select rolpassword as verifier from pg_authid where rolname = 'computed'`,
  );
  await client.end();
  const [{ verifier } = { verifier: '' }] = rows;
  expect(scramVerifier(password, Buffer.from(/:([^$]+)\$/.exec(verifier)?.[1] ?? '', 'base64'))).toBe(verifier);
});

test('the statements are what psql would run: one transaction', () => {
  const statements = primeDatabaseSql('app', 'secret');
  expect(statements).toMatch(/^begin;[\s\S]*commit;\n$/);
});
