import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDIT_ACTIONS } from '../../../registry/audit.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { rawRows } from '../../db/raw-rows.ts';

const text = await readFile(new URL('../../../docs/audit.md', import.meta.url), 'utf8');
const queries = [...text.matchAll(/```sql\n-- (.*)\n([^`]*)```/g)].map(
  ([, what = '', query = '']) => [what, query] as const,
);

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterAll(() => target.drop());

test('docs/audit.md lists every action, and no other', () => {
  const [, table = ''] = text.split('## What is recorded');
  const [actions = ''] = table.split('\n\n## ');
  const listed = [...actions.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Za-z.]+)`/g)].map(([, action]) => action),
  );
  expect(new Set(listed)).toEqual(new Set(AUDIT_ACTIONS));
});

test('docs/audit.md describes every column', async () => {
  const rows = await rawRows<{ name: string }>(
    target.database,
    `select column_name as name from information_schema.columns where table_name = 'audit_event'`,
  );
  const [, table = ''] = text.split('## What an event contains');
  const told = new Set([...table.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
  expect(rows.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
});

describe('the queries in docs/audit.md work for the user that serves', () => {
  test.each(queries)('%s', async (_, query) => {
    expect(await rawRows(target.database, query)).toEqual([]);
  });
});
