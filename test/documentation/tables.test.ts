/** docs/database.md describes exactly the tables that the migrations create. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

function tablesOfMigrations(): string[] {
  const sql = globSync('migrations/*.up.sql', { cwd: ROOT })
    .map((file) => readFileSync(`${ROOT}${file}`, 'utf8'))
    .join('\n');
  const dropped = namesIn(sql, /^drop table (\w+)/gm);
  return namesIn(sql, /^create (?:unlogged )?table (\w+)/gm).filter((table) => !dropped.includes(table));
}

function documentedTables(): string[] {
  const document = readFileSync(`${ROOT}docs/database.md`, 'utf8');
  const section = /^## Tables\n([\s\S]*?)^## /m.exec(document)?.[1] ?? '';
  const firstCells = namesIn(section, /^\| (`.*?`) \|/gm);
  return firstCells.flatMap((cell) => namesIn(cell, /`(\w+)`/g));
}

test('every table is described, and no other', () => {
  const made = [...tablesOfMigrations(), 'schema_migration'];
  expect(documentedTables().toSorted()).toEqual(made.toSorted());
});
