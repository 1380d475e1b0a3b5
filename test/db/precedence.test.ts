import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../db/connection/database.ts';
import { listVersions } from '../../db/entries/versions.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import type { EntryStatus } from '../../registry/entry.ts';
import { isSemanticVersion, versionOrder } from '../../registry/versions.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, entriesOf, source, sync, useSources } from './sync-source.ts';
import { rawRows } from './raw-rows.ts';

/** A second implementation, with loops, of what the database does with sets and indexes: the two must agree. */

let target: TestDatabase;
beforeAll(async () => {
  target = await createTestDatabase();
});
afterAll(async () => {
  await target.drop();
});

const SOURCES = ['one', 'two', 'three'] as const;
type SourceName = (typeof SOURCES)[number];
interface Server {
  readonly name: string;
  readonly version: string;
  readonly status: EntryStatus;
  readonly publishedAt: string;
  readonly isMarked: boolean;
}
type Step =
  | { readonly do: 'sync'; readonly source: SourceName; readonly servers: readonly Server[] }
  | { readonly do: 'order'; readonly sources: readonly SourceName[] };

const server = fc.record({
  name: fc.constantFrom('com.example/a', 'com.example/b', 'com.example/a-b'),
  version: fc.constantFrom(
    '1.0.0',
    '1.0.0-rc.1',
    '2.0.0',
    '2.0.0+a',
    '2.0.0+b',
    '10.0.0',
    'nightly-9',
    'nightly-10',
    '1.0',
    'v3.0.0',
  ),
  status: fc.constantFrom<EntryStatus>('active', 'active', 'deprecated', 'deleted'),
  isMarked: fc.boolean(),
  publishedAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '2026-02-01T00:00:00Z'),
});
const servers = fc.uniqueArray(server, { selector: ({ name, version }) => `${name} ${version}`, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('sync' as const), source: fc.constantFrom(...SOURCES), servers }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('order' as const), sources: fc.shuffledSubarray([...SOURCES]) }),
  },
);

/** Entries by source; one that disappeared stays as deleted. */
class Model {
  order: readonly SourceName[] = SOURCES;
  readonly entries: Record<SourceName, Server[]> = { one: [], two: [], three: [] };

  take(taken: Step): void {
    if (taken.do === 'order') this.order = taken.sources;
    else this.#sync(taken.source, taken.servers);
  }

  #sync(name: SourceName, found: readonly Server[]): void {
    const same = (left: Server, right: Server): boolean => left.name === right.name && left.version === right.version;
    const gone = this.entries[name].filter((entry) => !found.some((other) => same(entry, other)));
    this.entries[name] = [...found, ...gone.map((entry) => ({ ...entry, status: 'deleted' as const }))];
  }

  /** `name@version status source [latest]`, in list order, including everything. */
  list(): string[] {
    const names = [...new Set(this.order.flatMap((name) => this.entries[name].map((entry) => entry.name)))].sort();
    return names.flatMap((name) => this.#versions(name));
  }

  #versions(name: string): string[] {
    const owner = this.#owner(name);
    if (owner === undefined) return [];
    const versions = this.entries[owner].filter((entry) => entry.name === name);
    const live = versions.filter(({ status }) => status !== 'deleted');
    const marked = live.filter(({ isMarked }) => isMarked);
    const latest = marked.length === 1 ? marked[0] : (live.length > 0 ? live : versions).toSorted(newestFirst)[0];
    return versions
      .toSorted((left, right) => (left.version < right.version ? -1 : 1))
      .map((entry) => label(entry, owner, entry === latest));
  }

  #owner(name: string): SourceName | undefined {
    const having = this.order.filter((owner) => this.entries[owner].some((entry) => entry.name === name));
    const live = having.find((owner) =>
      this.entries[owner].some((entry) => entry.name === name && entry.status !== 'deleted'),
    );
    return live ?? having[0];
  }
}

/** A total order: no two versions of a name are equal in it. */
function newestFirst(left: Server, right: Server): number {
  const [leftKey, rightKey] = [versionOrder(left.version), versionOrder(right.version)];
  const semantic = [left, right].filter(({ version }) => isSemanticVersion(version));
  if (semantic.length === 1) return semantic[0] === left ? -1 : 1;
  if (semantic.length === 2 && leftKey !== rightKey) return leftKey > rightKey ? -1 : 1;
  const [leftTime, rightTime] = [left.publishedAt, right.publishedAt].map((time) =>
    time.slice(0, -1).padEnd(26, '.000000'),
  );
  if (leftTime !== rightTime) return leftTime! > rightTime! ? -1 : 1;
  if (leftKey !== rightKey) return leftKey > rightKey ? -1 : 1;
  return left.version > right.version ? -1 : 1;
}

function label({ name, version, status }: Omit<Server, 'isMarked'>, owner: string, latest: boolean): string {
  return `${name}@${version} ${status} ${owner}${latest ? ' latest' : ''}`;
}

async function take(database: Database, taken: Step): Promise<void> {
  if (taken.do === 'order') {
    await useSources(database, ...taken.sources.map((name) => source(name, 'managed')));
    return;
  }
  const entries = taken.servers.map(({ name, version, status, publishedAt, isMarked }) =>
    draft(name, version, { status, publishedAt, ...(isMarked && { isUpstreamLatest: true }) }),
  );
  await sync(database, { sourceName: taken.source, entries, apply: { force: true } });
}

async function listed(database: Database): Promise<string[]> {
  const entries = await entriesOf(database, { includeDeleted: true });
  return entries.map((entry) => label(entry, entry.sourceName, entry.isLatest));
}

test('after any syncs and reorderings every list follows the rules of precedence', async () => {
  const { database } = target;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      await rawRows(database, 'delete from source');
      await useSources(database, ...SOURCES.map((name) => source(name, 'managed')));
      const model = new Model();
      for (const taken of steps) {
        await take(database, taken);
        model.take(taken);
        const all = model.list();
        expect(await listed(database)).toEqual(all);

        const live = await entriesOf(database);
        expect(live.map((entry) => label(entry, entry.sourceName, entry.isLatest))).toEqual(
          all.filter((line) => !line.includes(' deleted ')),
        );
        const latest = await entriesOf(database, { version: 'latest', includeDeleted: true });
        expect(latest.map((entry) => label(entry, entry.sourceName, entry.isLatest))).toEqual(
          all.filter((line) => line.endsWith(' latest')),
        );
        expect(await versionsOfEach(database)).toEqual(new Set(all));
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

/** The entries that single reads show, which are the same as those of the list. */
async function versionsOfEach(database: Database): Promise<Set<string>> {
  const registry = await findRegistry(database, 'default');
  const found = await Promise.all(
    ['com.example/a', 'com.example/b', 'com.example/a-b'].map(
      async (name) =>
        await listVersions(database, {
          registryId: registry?.id ?? '',
          visibility: 'all',
          kind: 'server',
          name,
          includeDeleted: true,
        }),
    ),
  );
  return new Set(
    found.flatMap(({ entries }) => entries).map((entry) => label(entry, entry.sourceName, entry.isLatest)),
  );
}
