import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listClaimSets } from '../../db/claims/claim-sets.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { driverQuery, Queries, type Query } from '../../db/connection/queries.ts';
import { type EntriesQuery, listEntries } from '../../db/entries/entries.ts';
import { findEntries, findEntry, listVersions, type VersionQuery } from '../../db/entries/versions.ts';
import { findRegistry } from '../../db/configuration/registries.ts';
import type { VisibleClaims } from '../../db/claims/visibility.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { draft, skillDraft, source, sync, useSources } from './sync-source.ts';

/**
 * Plans of queries on 20,000 entries right after their sync, before autovacuum. Only the shape of the plan is asserted,
 * never the time.
 */

let target: TestDatabase;
let planner: pg.Client;
let registryId: string;

const BY_TRIGRAMS = 'Bitmap Index Scan searched_text_trigrams';
const NAMES = 10_000;
const LIMIT = 31;
const nameOf = (index: number): string => `com.example.x${index % 100}/server-${String(index).padStart(5, '0')}`;

beforeAll(async () => {
  target = await createTestDatabase();
  await useSources(target.database, source('first'), source('second'));
  const entries = Array.from({ length: NAMES }, (_, index) => {
    const description = `Speaks to the service called ${index.toString(36).repeat(3)}`;
    return [draft(nameOf(index), '1.0.0', { description }), draft(nameOf(index), '2.0.0', { description })];
  });
  await sync(target.database, { sourceName: 'first', entries: entries.flat() });
  await sync(target.database, { sourceName: 'second', entries: entries.slice(0, 50).flat() });
  registryId = (await findRegistry(target.database, 'default'))?.id ?? '';
  const { host, port, user, password, database } = target.ownerSettings;
  planner = new pg.Client({ host, port, user, password, database });
  await planner.connect();
}, 120_000);
afterAll(async () => {
  await planner.end();
  await target.drop();
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Loops': number;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly PlanNode[];
}

type PlanCacheMode = 'force_custom_plan' | 'force_generic_plan';

/** Records the queries that it is asked to run. */
class AskedQueries extends Queries {
  readonly asked: Query[] = [];

  protected override async send(query: Query): Promise<pg.QueryResult<object>> {
    this.asked.push(query);
    return await target.database.connections.use(({ client }) => client.query(driverQuery(query)));
  }
}

/** The queries that a function runs, in order. */
async function queriesOf(ask: (database: Queries) => Promise<unknown>): Promise<readonly Query[]> {
  const queries = new AskedQueries();
  await ask(queries);
  return queries.asked;
}

/** The executed steps of their plans as prepared statements, with these values or generic. */
async function plansOf(ask: (database: Queries) => Promise<unknown>, mode: PlanCacheMode): Promise<string[][]> {
  const asked = await queriesOf(ask);
  await planner.query(`set plan_cache_mode = ${mode}`);
  const plans: string[][] = [];
  for (const query of asked) plans.push(await planOf(query));
  return plans;
}

async function onlyPlanOf(ask: (database: Queries) => Promise<unknown>, mode: PlanCacheMode): Promise<string[]> {
  const plans = await plansOf(ask, mode);
  expect(plans).toHaveLength(1);
  return plans[0] ?? [];
}

async function planOf(query: Query): Promise<string[]> {
  return await prepared(query, async (execute) => {
    const { rows } = await planner.query<{ 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
      `explain (analyze, timing off, format json) ${execute}`,
    );
    return steps(rows[0]?.['QUERY PLAN'][0].Plan);
  });
}

/** Executes the statement with these values a number of times. Returns how often a generic plan was used. */
async function timesPlanWasKept(query: Query, times: number): Promise<number> {
  return await prepared(query, async (execute) => {
    for (let time = 0; time < times; time += 1) await planner.query(execute);
    const { rows } = await planner.query<{ generic_plans: string }>(
      `select generic_plans from pg_prepared_statements where name = 'asked'`,
    );
    return Number(rows[0]?.generic_plans);
  });
}

/** Prepares the query, and returns the statement that executes it. */
async function prepared<Result>(query: Query, use: (execute: string) => Promise<Result>): Promise<Result> {
  await planner.query(`prepare asked as ${driverQuery(query).text}`);
  const parameters = query.values.map((value) => pg.escapeLiteral(literal(value))).join(', ');
  const result = await use(`execute asked (${parameters})`);
  await planner.query('deallocate asked');
  return result;
}

function literal(value: unknown): string {
  return Array.isArray(value) ? `{${value.join(',')}}` : String(value);
}

/** Each with the index or the table that it reads, or the number of rows that it sorts. */
function steps(node: PlanNode | undefined): string[] {
  if (node === undefined || node['Actual Loops'] === 0) return [];
  const { 'Node Type': type, Plans: parts = [] } = node;
  const sorted = type === 'Sort' ? parts[0]?.['Actual Rows'] : undefined;
  const own = [type, node['Index Name'] ?? node['Relation Name'] ?? sorted].filter((part) => part !== undefined);
  return [own.join(' '), ...parts.flatMap(steps)];
}

/** Lists 30 servers of the registry, without deleted ones, for a caller who sees everything. */
function listing(query: Partial<EntriesQuery>): (database: Queries) => Promise<unknown> {
  return async (database) =>
    await listEntries(database, {
      registryId,
      visibility: 'all',
      kind: 'server',
      limit: LIMIT,
      includeDeleted: false,
      ...query,
    });
}

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('with %s', (mode) => {
  const listPlan = async (query: Partial<EntriesQuery>): Promise<string[]> => await onlyPlanOf(listing(query), mode);

  test.each<[string, Partial<EntriesQuery>]>([
    ['the first page', {}],
    ['a page in the middle', { after: { name: nameOf(5_000), version: '1.0.0' } }],
    ['the last page', { after: { name: nameOf(9_998), version: '2.0.0' } }],
    ['a page of one', { limit: 1, version: 'latest' }],
    ['the largest page', { limit: 1_001 }],
    ['latest versions', { version: 'latest', after: { name: nameOf(5_000), version: '1.0.0' } }],
    ['one version', { version: '1.0.0' }],
    ['including deleted ones', { includeDeleted: true }],
  ])('%s walks the names in order and sorts no more than one of them', async (_, query) => {
    const plan = await listPlan(query);
    expect(plan).toContain('Index Scan server_owner_pkey');
    expect(plan.filter((step) => step.startsWith('Seq Scan'))).not.toContain('Seq Scan entry');
    expect(plan.filter((step) => /^(Sort|Hash Join|Merge Join)/.test(step))).toEqual([]);
  });

  test('single reads are index lookups', async () => {
    const key = {
      registryId,
      visibility: 'all' as const,
      kind: 'server' as const,
      name: nameOf(7),
      includeDeleted: false,
    };
    const eightOf = (version: string): VersionQuery[] =>
      Array.from({ length: 8 }, (_, index) => ({ ...key, name: nameOf(index * 1_000), version }));
    for (const ask of [
      async (database: Queries) => await listVersions(database, key),
      async (database: Queries) => await findEntry(database, { ...key, version: 'latest' }),
      async (database: Queries) => await findEntry(database, { ...key, version: '1.0.0' }),
      async (database: Queries) => await findEntries(database, eightOf('latest')),
      async (database: Queries) => await findEntries(database, eightOf('1.0.0')),
    ]) {
      const plan = await onlyPlanOf(ask, mode);
      expect(plan.filter((step) => /^Seq Scan (entry|server_owner)$/.test(step))).toEqual([]);
    }
  });
});

test.each([1, 2, 8])('%i look-ups are planned once', async (count) => {
  for (const version of ['latest', '1.0.0']) {
    const asked = Array.from({ length: count }, (_, index) => ({
      registryId,
      visibility: 'all' as const,
      kind: 'server' as const,
      name: nameOf(index * 1_000),
      version,
      includeDeleted: false,
    }));
    const [query] = await queriesOf(async (database) => await findEntries(database, asked));
    await planner.query('set plan_cache_mode = auto');
    expect(await timesPlanWasKept(query!, 6)).toBe(1);
  }
});

test('recent changes are found by the index on them', async () => {
  const updatedSince = new Date(Date.now() + 60_000).toISOString();
  const plan = await onlyPlanOf(listing({ includeDeleted: true, updatedSince }), 'force_custom_plan');
  expect(plan).toContain('Index Scan server_owner_changed');
  expect(plan).not.toContain('Seq Scan entry');
});

describe.each(['force_custom_plan', 'force_generic_plan'] as const)('searches with %s', (mode) => {
  const searchPlans = async (query: Partial<EntriesQuery>): Promise<string[][]> => await plansOf(listing(query), mode);

  test.each(['service', 'server-'])(
    '%j, which nearly every entry contains, is searched until the page is full',
    async (search) => {
      const plans = await searchPlans({ search });
      expect(plans).toHaveLength(1);
      expect(plans[0]).toContain('Index Scan searched_text_pkey');
      expect(plans[0]).not.toContain(BY_TRIGRAMS);
      expect(plans[0]?.filter((step) => /^Seq Scan (entry|server_owner|searched_text)/.test(step))).toEqual([]);
      // Sorting all results would look up all of their entries.
      expect(plans[0]?.filter((step) => step.startsWith('Sort') && Number(step.split(' ')[1]) > LIMIT)).toEqual([]);
    },
  );

  test.each(['called zzz', 'x7/server', 'github'])(
    '%j, which is rare, is found by the trigram index',
    async (search) => {
      const plans = await searchPlans({ search });
      expect(plans).toHaveLength(1);
      expect(plans[0]).toContain(BY_TRIGRAMS);
      expect(
        plans[0]?.filter((step) => /^(Seq Scan (entry|server_owner|searched_text)|Merge Join|Hash)/.test(step)),
      ).toEqual([]);
    },
  );
});

test.each(['service', 'called zzz'])('PostgreSQL keeps the plans of a search for %j', async (search) => {
  const asked = await queriesOf(listing({ search }));
  await planner.query('set plan_cache_mode = auto');
  // The first five are made for their values, and compared with a generic one.
  for (const query of asked) expect(await timesPlanWasKept(query, 6)).toBe(1);
});

test.each(['zq', '::'])('%j, which the trigram index can’t find, is not searched there', async (search) => {
  const plans = await plansOf(listing({ search }), 'force_custom_plan');
  expect(plans).toHaveLength(2);
  expect(plans.flat()).not.toContain(BY_TRIGRAMS);
});

describe('for a caller who doesn’t see everything', () => {
  const FEW = { team: 'few' };
  const NEARLY_ALL = { team: 'most' };
  const NOBODY = { team: 'nobody' };
  const visible = async (...wanted: readonly object[]): Promise<VisibleClaims> => {
    const sets = await listClaimSets(target.database);
    const held = sets.filter(({ claims }) => wanted.some((one) => JSON.stringify(one) === JSON.stringify(claims)));
    return { claimSetIds: held.map(({ id }) => id), includeUntagged: false };
  };
  const listPlans = async (visibility: VisibleClaims, query: Partial<EntriesQuery> = {}): Promise<string[][]> =>
    await plansOf(listing({ visibility, ...query }), 'force_custom_plan');

  beforeAll(async () => {
    const all = [source('first'), source('second'), source('third')];
    const entries = Array.from({ length: 100 }, (_, index) =>
      draft(`com.example.y/server-${String(index).padStart(3, '0')}`, '1.0.0', {
        description: 'Speaks to the service',
      }),
    );
    await storeConfiguration(target.database, {
      sources: all,
      sourceClaims: { first: NEARLY_ALL, second: NOBODY, third: FEW },
      registries: [],
      defaultRegistry: 'default',
    });
    await sync(target.database, { sourceName: 'third', entries });
  }, 60_000);

  test.each<[string, Partial<EntriesQuery>]>([
    ['the first page', {}],
    ['a page in the middle', { after: { name: 'com.example.y/server-050', version: '1.0.0' } }],
    ['the largest page', { limit: 1_001 }],
    ['latest versions', { version: 'latest' }],
    ['a search for a rare term', { search: 'called zzz' }],
    ['a search for a frequent term', { search: 'service' }],
  ])('%s for a caller who sees one in a hundred only reads those', async (_, query) => {
    const plan = (await listPlans(await visible(FEW), query)).at(-1) ?? [];
    // A rare term may lead to even fewer names.
    expect(plan.some((step) => step.endsWith(' server_owner_claims') || step === BY_TRIGRAMS)).toBe(true);
    expect(plan.filter((step) => /^Seq Scan (entry|server_owner|searched_text)$/.test(step))).toEqual([]);
  });

  test.each<[string, Partial<EntriesQuery>]>([
    ['the first page', {}],
    ['a page in the middle', { after: { name: nameOf(5_000), version: '1.0.0' } }],
    ['latest versions', { version: 'latest' }],
  ])('%s for a caller who sees nearly all walks the names in order', async (_, query) => {
    const [plan = []] = await listPlans(await visible(NEARLY_ALL, FEW), query);
    expect(plan).toContain('Index Scan server_owner_pkey');
    expect(plan.filter((step) => /^(Sort|Hash Join|Merge Join|Seq Scan (entry|server_owner))/.test(step))).toEqual([]);
  });

  test('a search for a caller who sees nearly all runs like one for a caller who sees everything', async () => {
    const visibility = await visible(NEARLY_ALL, FEW);
    const [frequent, ...nothing] = await listPlans(visibility, { search: 'service' });
    expect(frequent).toContain('Index Scan searched_text_pkey');
    expect(nothing).toEqual([]);
    expect((await listPlans(visibility, { search: 'called zzz' })).at(-1)).toContain(BY_TRIGRAMS);
  });
});

describe('a search that one statement answers', () => {
  const statementsOf = async (query: Partial<EntriesQuery>): Promise<number> =>
    (await queriesOf(listing(query))).length;

  beforeAll(async () => {
    await useSources(target.database, source('large'));
    const name = (index: number): string => `a.example/large-${String(index).padStart(2, '0')}`;
    const entries = Array.from({ length: LIMIT }, (_, index) =>
      draft(name(index), '1.0.0', { document: JSON.stringify({ text: 'x'.repeat(300_000) }) }),
    );
    const skills = Array.from({ length: LIMIT }, (_, index) =>
      skillDraft('skill', [`com.example/zq-${index}`, '1.0.0'], { description: 'Converts' }),
    );
    await sync(target.database, { sourceName: 'large', entries: [...entries, ...skills] });
  });

  test('its page is cut by the size of the entries', async () => {
    expect(await statementsOf({ search: 'large-' })).toBe(1);
  });

  test('the texts end before the page is full', async () => {
    const after = { name: 'skill:com.example/zq-5', version: '1.0.0' };
    expect(await statementsOf({ search: 'zq', kind: 'skill', after })).toBe(1);
    expect(await statementsOf({ search: '::', kind: 'skill' })).toBe(1);
  });

  test('skills are sampled from the first one', async () => {
    expect(await statementsOf({ search: 'zq', kind: 'skill' })).toBe(1);
  });
});
