import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listClaimSets } from '../../db/claims/claim-sets.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import type { EntriesQuery, EntryRow } from '../../db/entries/entries.ts';
import { migrateDown, migrateUp, migrationStatus } from '../../db/upkeep/migrations.ts';
import type { Visibility } from '../../db/claims/visibility.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, entriesOf, labels, source, sync } from './sync-source.ts';
import { rawRows } from './raw-rows.ts';

/**
 * However a search is carried out, it finds exactly the matching entries of the list. There are some hundred texts, some with
 * upstream words, some with platform words, and some with both; pages are so small that most texts aren't on the first ones.
 */

let target: TestDatabase;

const nameOf = (index: number): string => `com.example.x${index % 7}/server-${String(index).padStart(3, '0')}`;
const PLATFORM = { team: 'platform' };

/** Every other name has two versions, and every other of these has a different description, and so its own text. */
function upstream(): EntryDraft[] {
  return Array.from({ length: 400 }, (_, index) => {
    const description = index % 40 === 0 ? 'Seldom needed' : 'Needed by many';
    const first = draft(nameOf(index), '1.0.0', { description });
    if (index % 2 === 0) return [first];
    return [first, draft(nameOf(index), '2.0.0', { description: index % 4 === 1 ? 'Rewritten' : description })];
  }).flat();
}

function platform(): EntryDraft[] {
  return [3, 80, 399, 500, 501].map((index) =>
    draft(nameOf(index), '1.0.0', { description: 'Run by the platform, needed by many' }),
  );
}

beforeAll(async () => {
  target = await createTestDatabase();
  await storeConfiguration(target.database, {
    sources: [source('platform'), source('upstream')],
    sourceClaims: { platform: PLATFORM },
    registries: [
      { name: 'all', sources: ['platform', 'upstream'] },
      { name: 'small', sources: ['platform'] },
    ],
    defaultRegistry: 'all',
  });
  await sync(target.database, { sourceName: 'platform', entries: platform() });
  await sync(target.database, { sourceName: 'upstream', entries: upstream() });
});
afterAll(async () => {
  await target.drop();
});

type Asked = Partial<EntriesQuery> & { readonly registry: string };

/** All pages of a list, in order. */
async function walk(query: Asked): Promise<readonly EntryRow[]> {
  const found: EntryRow[] = [];
  for (;;) {
    const page = await entriesOf(target.database, { ...query, after: found.at(-1) });
    found.push(...page);
    if (page.length === 0) return found;
  }
}

function contains({ document }: EntryRow, term: string): boolean {
  const { name, description } = JSON.parse(document) as { readonly name: string; readonly description: string };
  return [name, description].some((text) => text.toLowerCase().includes(term));
}

async function platformAlone(): Promise<Visibility> {
  const held = (await listClaimSets(target.database)).filter(({ claims }) => claims['team'] === 'platform');
  return { claimSetIds: held.map(({ id }) => id), includeUntagged: false };
}

const TERMS = ['server', 'needed', 'seldom', 'rewritten', 'platform', 'x3/server-0', '.', 'ed', 'nowhere', 'n', 'q'];

describe.each(TERMS)('a search for %j', (search) => {
  test.each<[string, () => Asked | Promise<Asked>]>([
    ['a registry of all', () => ({ registry: 'all' })],
    ['a small registry', () => ({ registry: 'small' })],
    ['latest versions', () => ({ registry: 'all', version: 'latest' })],
    ['the second versions, which are few', () => ({ registry: 'all', version: '2.0.0' })],
    ['what changed', () => ({ registry: 'all', updatedSince: '2020-01-01T00:00:00Z' })],
    ['the few entries that a caller sees', async () => ({ registry: 'all', visibility: await platformAlone() })],
  ])('finds the matches in %s, in list order', async (_, ask) => {
    const asked = await ask();
    const expected = labels((await entriesOf(target.database, asked)).filter((entry) => contains(entry, search)));
    for (const limit of [1, 3, 40]) expect(labels(await walk({ ...asked, search, limit }))).toEqual(expected);
  });
});

const FOLDS_TEXTS = 6;

test('a migration folds older search texts', async () => {
  const stored = async (): Promise<readonly unknown[]> => [
    await rawRows(target.database, `select name, digest, text from searched_text order by name, digest`),
    await rawRows(target.database, `select name, version, search_text from entry order by id`),
  ];
  const now = await stored();
  const later = (await migrationStatus(target.ownerSettings)).filter(({ version }) => version >= FOLDS_TEXTS);
  await migrateDown(target.ownerSettings, later.length);
  const before = await rawRows<{ text: string }>(target.database, 'select text from searched_text');
  expect(before.map(({ text }) => text)).toContain('com.example.x0/server-000\u001f\u001fseldom needed');
  await migrateUp(target.ownerSettings);
  expect(await stored()).toEqual(now);
});
