/** Facets for the filters of the catalog, which PostgreSQL finds in the documents of entries. */
import { sql } from 'slonik';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '../environment.ts';

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterAll(async () => {
  await target.drop();
});

const facetsRow = z.object({ facets: z.array(z.string()) });

async function facetsOf(document: string): Promise<readonly string[]> {
  const facets = await target.database.oneFirst(sql.type(facetsRow)`select entry_facets(${document}) as facets`);
  return facets.toSorted();
}

const many = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({ registryType: `type-${index}`, type: `type-${index}` }));
const firstHundred = (prefix: string): readonly string[] =>
  Array.from({ length: 100 }, (_, index) => `${prefix}:type-${index}`);

test.each<[string, unknown, readonly string[]]>([
  ['neither packages nor remotes', {}, []],
  ['null', { packages: null, remotes: null }, []],
  ['scalars', { packages: 'npm', remotes: 7 }, []],
  ['objects', { packages: { registryType: 'npm' }, remotes: { type: 'sse' } }, []],
  ['empty lists', { packages: [], remotes: [] }, []],
  ['a document that isn’t an object', [1, 'two', null], []],
  [
    'elements that aren’t objects',
    { packages: [null, 1, 'x', []], remotes: [null, 1, 'x', []] },
    ['local', 'remote', 'transport:stdio'],
  ],
  [
    'members that are null',
    { packages: [{ registryType: null, transport: null }], remotes: [{ type: null }] },
    ['local', 'remote', 'transport:stdio'],
  ],
  [
    'members of older generations in place of null',
    { packages: [{ registryType: null, registry_type: 'npm' }], remotes: [{ type: null, transport_type: 'sse' }] },
    ['local', 'package:npm', 'remote', 'transport:sse', 'transport:stdio'],
  ],
  [
    'members of wrong types',
    { packages: [{ registryType: 7, transport: { type: true } }], remotes: [{ type: { a: 1 } }] },
    ['local', 'package:7', 'remote', 'transport:true', 'transport:{"a": 1}'],
  ],
  [
    'duplicates',
    {
      packages: [{ registryType: 'npm' }, { registryType: 'npm' }],
      remotes: [{ type: 'sse' }, { type: 'sse' }, { type: 'stdio' }],
    },
    ['local', 'package:npm', 'remote', 'transport:sse', 'transport:stdio'],
  ],
  [
    'long names',
    { packages: [{ registryType: 'x'.repeat(65) }] },
    ['local', `package:${'x'.repeat(64)}`, 'transport:stdio'],
  ],
  ['101 packages', { packages: many(101) }, ['local', ...firstHundred('package'), 'transport:stdio'].toSorted()],
  ['101 remotes', { remotes: many(101) }, ['remote', ...firstHundred('transport')].toSorted()],
])('the facets of %s', async (_, document, expected) => {
  expect(await facetsOf(JSON.stringify(document))).toEqual(expected);
});

test.each(['', '{', '{"packages": [{"registryType": "\\u0000"}]}'])(
  'a document that PostgreSQL can’t read has none: %j',
  async (document) => {
    expect(await facetsOf(document)).toEqual([]);
  },
);
