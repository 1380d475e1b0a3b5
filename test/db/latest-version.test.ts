import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrateDown, migrateUp, migrationStatus } from '../../db/upkeep/migrations.ts';
import { versionOrder } from '../../registry/versions.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, entriesOf, revisionOf, source, sync, useSources } from './sync-source.ts';

let target: TestDatabase;
beforeEach(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'));
});
afterEach(async () => {
  await target.drop();
});

async function latest(): Promise<Record<string, string>> {
  const entries = await entriesOf(target.database, { version: 'latest' });
  return Object.fromEntries(entries.map(({ name, version }) => [name.slice('com.example/'.length), version]));
}

const VERSIONS = {
  prefixed: ['v1.9.0', 'v1.10.0', 'v1.2.0'],
  mixed: ['1.0.0', 'v2.0.0'],
  'two-numbers': ['1.9', '1.10'],
  'four-numbers': ['1.2.3.9', '1.2.3.10'],
  words: ['release-9', 'release-10'],
  calendar: ['2025.9.30', '2025.10.01'],
  large: ['1.9007199254740993.0', '1.9007199254740992.0'],
};
const LATEST = {
  prefixed: 'v1.10.0',
  mixed: 'v2.0.0',
  'two-numbers': '1.10',
  'four-numbers': '1.2.3.10',
  words: 'release-10',
  // Only the first one is semantic.
  calendar: '2025.9.30',
  large: '1.9007199254740993.0',
};
const drafts = Object.entries(VERSIONS).flatMap(([name, versions]) =>
  versions.map((version) => draft(`com.example/${name}`, version)),
);

test('the latest version is the highest: semantic before others, numbers as numbers', async () => {
  await sync(target.database, { sourceName: 'first', entries: drafts });
  expect(await latest()).toEqual(LATEST);
});

test('of versions that aren’t semantic, the one published last is the latest', async () => {
  const entries = [
    draft('com.example/nightly', 'nightly-10', { publishedAt: '2026-01-01T00:00:00Z' }),
    draft('com.example/nightly', 'nightly-9', { publishedAt: '2026-01-02T00:00:00Z' }),
  ];
  await sync(target.database, { sourceName: 'first', entries });
  expect(await latest()).toEqual({ nightly: 'nightly-9' });
});

describe('the migration to this order', () => {
  const migrateDownTo = async (version: number): Promise<void> => {
    const applied = (await migrationStatus(target.ownerSettings)).filter((migration) => migration.version > version);
    await migrateDown(target.ownerSettings, applied.length);
  };
  const asOwner = async <Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> => {
    const { host, port, user, password, database } = target.ownerSettings;
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  };

  test('gives the versions of an older database their keys, and finds the latest again', async () => {
    const anyVersion = fc.sample(
      fc.oneof(
        fc.stringMatching(/^v?[0-9]{1,3}(\.[0-9]{1,20}){1,3}(-[a-z0-9.-]{1,8})?(\+[a-z0-9.]{1,5})?$/),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      ),
      { numRuns: 500, seed: 7 },
    );
    const others = [...new Set(anyVersion)].map((version) => draft('com.example/any', version));
    await sync(target.database, { sourceName: 'first', entries: [...drafts, ...others] });
    const expected = await latest();
    const revision = await revisionOf(target.database);
    await migrateDownTo(6);
    await asOwner(`update entry set version_order = null, is_latest = version in ('v1.9.0', '1.0.0', '1.9')`);
    await migrateUp(target.ownerSettings);

    const rows = await asOwner<{ version: string; version_order: string }>('select version, version_order from entry');
    expect(rows).toEqual(rows.map(({ version }) => ({ version, version_order: versionOrder(version) })));
    expect(await latest()).toEqual(expected);
    expect(expected).toMatchObject(LATEST);
    expect(await revisionOf(target.database)).toBeGreaterThan(revision);
  });
});
