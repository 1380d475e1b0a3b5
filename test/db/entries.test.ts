import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readConsistently } from '../../db/connection/consistent-read.ts';
import { type EntriesQuery, type EntryRow, streamEntries } from '../../db/entries/entries.ts';
import { LookUps } from '../../db/entries/look-ups.ts';
import { findEntry, listVersions, type VersionQuery } from '../../db/entries/versions.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, entriesOf, source, sync, useSources } from './sync-source.ts';

let target: TestDatabase;
let registryId: string;

const published = (day: number): Partial<EntryDraft> => ({
  publishedAt: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`,
});
const ENTRIES: readonly EntryDraft[] = [
  draft('com.example/weather', '1.0.0', published(3)),
  draft('com.example/weather', '10.0.0', published(2)),
  draft('com.example/weather', '9.0.0', { ...published(1), title: 'Wetter' }),
  draft('com.example/weather', '11.0.0', { ...published(4), status: 'deleted' }),
  draft('com.example/gone', '1.0.0', { ...published(1), status: 'deleted' }),
  draft('com.example/percent', '1.0.0', { description: '100% sure' }),
  draft('com.example/underscore', '1.0.0', { description: 'snake_case' }),
  draft('com.example/backslash', '1.0.0', { description: String.raw`C:\temp` }),
  draft('com.example/greek', '1.0.0', { title: 'ΟΔΥΣΣΕΥΣ', description: 'STRASSE ÄÖÜ' }),
  draft('com.example/Upper', '1.0.0'),
  draft('com.example/upper-b', '1.0.0', { tags: ['x'] }),
];

beforeAll(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'));
  await sync(target.database, { sourceName: 'first', entries: ENTRIES, apply: { commitId: 'c0ffee' } });
  registryId = (await findRegistry(target.database, 'default'))?.id ?? '';
});
afterAll(async () => {
  await target.drop();
});

const found = async (query: Partial<EntriesQuery>): Promise<string[]> =>
  (await entriesOf(target.database, query)).map(
    ({ name, version }) => `${name.replace('com.example/', '')} ${version}`,
  );

test('a row has everything that an item needs', async () => {
  expect(await entriesOf(target.database, { search: 'wetter' })).toEqual([
    {
      name: 'com.example/weather',
      version: '9.0.0',
      document: ENTRIES[2]?.document,
      status: 'active',
      statusMessage: null,
      statusChangedAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/) as string,
      publishedAt: '2026-01-01T00:00:00Z',
      updatedAt: expect.stringMatching(/Z$/) as string,
      isLatest: false,
      sourceName: 'first',
      sourceKind: 'file',
      commitId: 'c0ffee',
      reading: null,
    },
  ]);
});

test('the order is that of bytes: upper case first', async () => {
  const names = (await entriesOf(target.database, { version: 'latest' })).map(({ name }) => name);
  expect(names).toEqual(names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
  expect(names[0]).toBe('com.example/Upper');
});

describe('search', () => {
  test.each([
    ['100%', ['percent 1.0.0']],
    ['%', ['percent 1.0.0']],
    ['_', ['underscore 1.0.0']],
    ['\\', ['backslash 1.0.0']],
    ['WETTER', ['weather 9.0.0']],
    ['οδυσσευς', ['greek 1.0.0']],
    ['ΟΔΥΣ', ['greek 1.0.0']],
    ['äöü', ['greek 1.0.0']],
    ['strasse ä', ['greek 1.0.0']],
    ['upper', ['Upper 1.0.0', 'upper-b 1.0.0']],
    ['nowhere to be found', []],
    ['\0', []],
    ["'; drop table entry; --", []],
  ])('%j finds %j', async (search, expected) => {
    expect(await found({ search })).toEqual(expected);
  });

  test('a match doesn’t span two fields', async () => {
    expect(await found({ search: 'weatherwetter' })).toEqual([]);
  });

  test('finds exactly what contains the term, for any term', async () => {
    const contained = (term: string): number =>
      ENTRIES.filter(
        ({ name, title, description, status }) =>
          status !== 'deleted' &&
          [name, title ?? '', description].some((text) => text.toLowerCase().includes(term.toLowerCase())),
      ).length;
    const term = fc.string({
      unit: fc.constantFrom('e', 'r', 'x', 'a', '%', '_', '\\', '/', ' ', '1'),
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(term, async (search) => {
        expect(await found({ search })).toHaveLength(contained(search));
      }),
      { numRuns: 60 },
    );
  });
});

describe('versions', () => {
  test('the latest is the highest that isn’t deleted, whatever was published last', async () => {
    expect(await found({ version: 'latest', search: 'weather' })).toEqual(['weather 10.0.0']);
    expect(
      await findEntry(target.database, {
        registryId,
        visibility: 'all',
        kind: 'server',
        name: 'com.example/weather',
        version: 'latest',
        includeDeleted: false,
      }),
    ).toMatchObject({ version: '10.0.0', isLatest: true });
  });

  test('if all versions of a server are deleted, one of them is the latest for requests that include deleted ones', async () => {
    const gone = {
      registryId,
      visibility: 'all' as const,
      kind: 'server' as const,
      name: 'com.example/gone',
      version: 'latest',
    };
    expect(await findEntry(target.database, { ...gone, includeDeleted: false })).toBeNull();
    expect(await findEntry(target.database, { ...gone, includeDeleted: true })).toMatchObject({ version: '1.0.0' });
  });

  test('are listed newest publication first', async () => {
    const versions = async (includeDeleted: boolean): Promise<string[]> =>
      (
        await listVersions(target.database, {
          registryId,
          visibility: 'all',
          kind: 'server',
          name: 'com.example/weather',
          includeDeleted,
        })
      ).entries.map(({ version }) => version);
    expect(await versions(false)).toEqual(['1.0.0', '10.0.0', '9.0.0']);
    expect(await versions(true)).toEqual(['11.0.0', '1.0.0', '10.0.0', '9.0.0']);
  });

  test('an exact one is found in every server that has it', async () => {
    expect(await found({ version: '9.0.0' })).toEqual(['weather 9.0.0']);
    expect(await found({ version: 'no such version' })).toEqual([]);
  });

  test('impossible names and versions are not found', async () => {
    expect(
      await findEntry(target.database, {
        registryId,
        visibility: 'all',
        kind: 'server',
        name: 'a\0b',
        version: '1',
        includeDeleted: true,
      }),
    ).toBeNull();
    expect(
      await listVersions(target.database, {
        registryId,
        visibility: 'all',
        kind: 'server',
        name: 'a\0b',
        includeDeleted: true,
      }),
    ).toEqual({ entries: [], areAll: true });
  });
});

describe('look-ups at the same time', () => {
  const lookUp = (name: string, version: string, options: Partial<VersionQuery> = {}): VersionQuery => ({
    registryId,
    visibility: 'all',
    kind: 'server',
    name: `com.example/${name}`,
    version,
    includeDeleted: false,
    ...options,
  });

  test('each find what they would find alone', async () => {
    const lookUps = new LookUps(target.database);
    const queries = [
      lookUp('weather', 'latest'),
      lookUp('percent', '1.0.0'),
      lookUp('gone', 'latest'),
      lookUp('gone', 'latest', { includeDeleted: true }),
      lookUp('weather', '9.0.0'),
      lookUp('weather', '1.0.0'),
      lookUp('weather', '9.0.0'),
      lookUp('a\0b', 'latest'),
      lookUp('percent', 'a\0b'),
      lookUp('weather', 'latest', { registryId: '0' }),
      lookUp('weather', 'latest', { kind: 'skill' }),
      lookUp('weather', 'latest', { visibility: { claimSetIds: [], includeUntagged: false } }),
      lookUp('weather', 'latest', { visibility: { claimSetIds: [], includeUntagged: true } }),
    ];
    const together = await Promise.all(queries.map((query) => lookUps.find(query)));
    expect(together.map((entry) => entry && `${entry.name} ${entry.version}`)).toEqual([
      'com.example/weather 10.0.0',
      'com.example/percent 1.0.0',
      null,
      'com.example/gone 1.0.0',
      'com.example/weather 9.0.0',
      'com.example/weather 1.0.0',
      'com.example/weather 9.0.0',
      null,
      null,
      null,
      null,
      null,
      'com.example/weather 10.0.0',
    ]);
    for (const [index, query] of queries.entries()) {
      expect(await findEntry(target.database, query)).toEqual(together[index]);
    }
  });

  test('share a statement, and at most eight do', async () => {
    const used = vi.spyOn(target.database.connections, 'use');
    try {
      const lookUps = new LookUps(target.database);
      await Promise.all(ENTRIES.slice(0, 8).map(({ name, version }) => lookUps.find({ ...lookUp('', version), name })));
      expect(used).toHaveBeenCalledTimes(1);
      await Promise.all(ENTRIES.slice(0, 9).map(({ name, version }) => lookUps.find({ ...lookUp('', version), name })));
      expect(used).toHaveBeenCalledTimes(3);
    } finally {
      used.mockRestore();
    }
  });
});

test('pages of any size, one after another, are the whole list', async () => {
  const whole = await entriesOf(target.database, { includeDeleted: true });
  for (let limit = 1; limit <= ENTRIES.length + 1; limit++) {
    const walked: EntryRow[] = [];
    for (;;) {
      const page = await entriesOf(target.database, { includeDeleted: true, limit, after: walked.at(-1) });
      walked.push(...page);
      if (page.length < limit) break;
    }
    expect(walked).toEqual(whole);
  }
});

describe('a consistent read', () => {
  const reader = { key: 'test', signal: new AbortController().signal };
  const stream = (): AsyncGenerator<EntryRow> =>
    readConsistently(target.database, reader, (transaction) =>
      streamEntries(transaction, { registryId, visibility: 'all', kind: 'server', includeDeleted: false }),
    );

  test('streams the whole list', async () => {
    const streamed: EntryRow[] = [];
    for await (const entry of stream()) streamed.push(entry);
    expect(streamed).toEqual(await entriesOf(target.database));
  });

  test('that ends early or fails returns its connection', async () => {
    for (let time = 0; time < 12; time++) {
      for await (const entry of stream()) if (entry.name !== '') break;
      const failing = readConsistently(target.database, reader, () => {
        throw new Error('on purpose');
      });
      await expect(failing.next()).rejects.toThrow('on purpose');
    }
    expect((await stream().next()).done).toBe(false);
  });
});
