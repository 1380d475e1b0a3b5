import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { labels, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
});
afterAll(() => api.stop());

const NAMES = Array.from({ length: 12 }, (_, index) => `com.example/${'abcdefghijkl'[index]}`);
/** Names that the sources have throughout. */
const LASTING = NAMES.filter((_, index) => index % 3 === 0);

/** A state of a source: versions of names that come and go. */
const passing = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...NAMES), version: fc.constantFrom('1.0.0', '2.0.0') }),
  {
    selector: ({ name, version }) => `${name}@${version}`,
    maxLength: 12,
  },
);
const walk = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  query: fc.constantFrom('', '&version=latest', '&search=example', '&include_deleted=true'),
  /** The two sources after each sync, which runs after a page or during the next one. */
  states: fc.array(
    fc.record({ sourceName: fc.constantFrom('first', 'second'), entries: passing, duringPage: fc.boolean() }),
    { minLength: 1, maxLength: 6 },
  ),
});

test('a walk by cursor with syncs between and during its pages neither skips nor repeats', async () => {
  await fc.assert(
    fc.asyncProperty(walk, async ({ limit, query, states }) => {
      await useSources(api.database, source('first'), source('second'));
      for (const sourceName of ['first', 'second']) await become(sourceName, []);

      const seen: string[] = [];
      let cursor: string | undefined;
      let syncing: Promise<void> = Promise.resolve();
      for (let page = 0; page === 0 || cursor !== undefined; page++) {
        const path =
          cursor === undefined
            ? `/v0.1/servers?limit=${limit}${query}`
            : `/v0.1/servers?limit=${limit}&cursor=${cursor}`;
        const [answer] = await Promise.all([readPage(api, path), syncing]);
        seen.push(...labels(answer));
        cursor = answer.metadata.nextCursor;
        const state = states[page];
        syncing = state === undefined ? Promise.resolve() : become(state.sourceName, state.entries);
        if (state?.duringPage === false) await syncing;
      }
      await syncing;

      expect(seen).toEqual([...new Set(seen)]);
      expect(seen).toEqual(seen.toSorted((left, right) => (left < right ? -1 : 1)));
      // Everything that existed throughout was found, in the one version of the first source.
      expect(seen).toEqual(expect.arrayContaining(LASTING.map((name) => `${name}@3.0.0`)));
      const foreign = seen.filter(
        (label) => LASTING.some((name) => label.startsWith(`${name}@`)) && label.endsWith('@4.0.0'),
      );
      expect(foreign).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

/** The lasting names have version 3.0.0 in the first source, and 4.0.0 in the second, which never shows. */
async function become(
  sourceName: string,
  entries: readonly { readonly name: string; readonly version: string }[],
): Promise<void> {
  const lasting = LASTING.map((name) => draft(name, sourceName === 'first' ? '3.0.0' : '4.0.0'));
  const others = entries.filter(({ name }) => !LASTING.includes(name)).map(({ name, version }) => draft(name, version));
  await sync(api.database, { sourceName, entries: [...lasting, ...others], apply: { force: true } });
}
