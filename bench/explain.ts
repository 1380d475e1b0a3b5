/**
 * `npm run bench:explain`: prints PostgreSQL's plans of the hot queries on a large registry, right after its first sync,
 * as Markdown for explain.md.
 */
import pg from 'pg';
import { driverQuery, Queries, type Query } from '../db/connection/queries.ts';
import { type EntriesQuery, listEntries } from '../db/entries/entries.ts';
import { findEntry, listVersions } from '../db/entries/versions.ts';
import type { Visibility } from '../db/claims/visibility.ts';
import { Bench, connectionOf, textTimestamps } from './bench.ts';
import { largeRegistry, stopLargeRegistry } from './system/large-registry.ts';

type Ask = (database: Queries) => Promise<unknown>;

/** Records the queries that it is asked to run. */
class AskedQueries extends Queries {
  readonly asked: Query[] = [];
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    super();
    this.#client = client;
  }

  protected override async send(query: Query): Promise<pg.QueryResult<object>> {
    this.asked.push(query);
    return await this.#client.query(driverQuery(query));
  }
}

const bench = await Bench.start({ quick: false, onProgress: (what) => process.stderr.write(`${what}\n`) });
try {
  process.stdout.write(await explainAll());
} finally {
  await stopLargeRegistry(bench);
  await bench.stop();
}

async function explainAll(): Promise<string> {
  const { database } = await largeRegistry(bench);
  const client = new pg.Client({ ...connectionOf(database.ownerSettings), types: textTimestamps() });
  await client.connect();
  const version = await client.query<{ server_version: string }>('show server_version');
  const parts = [
    `# Plans of the hot queries\n\n${bench.entries} generated entries in one source, right after their first sync and before ` +
      `autovacuum; PostgreSQL ${version.rows[0]!.server_version}. Made by \`npm run bench:explain\`.\n`,
  ];
  const middle = await entryInTheMiddle(client);
  for (const [title, ask] of hotQueries(middle, 'all')) parts.push(await explain(client, title, ask));
  parts.push('# The same for a caller who sees one name in 464\n');
  const visibility = { claimSetIds: [await protectNames(client)], includeUntagged: false };
  for (const [title, ask] of hotQueries(middle, visibility)) parts.push(await explain(client, title, ask));
  await client.end();
  return parts.join('\n');
}

interface Place {
  readonly registryId: string;
  readonly name: string;
  readonly version: string;
}

async function entryInTheMiddle(client: pg.Client): Promise<Place> {
  const { rows } = await client.query<Place>(
    `select name, version, (select id from registry where is_default) as "registryId" from entry order by name, version
     offset (select count(*) / 2 from entry) limit 1`,
  );
  return rows[0]!;
}

/** Assigns claims to all names, as two sources with claims would: about 100 of 46,000 names get different claims. */
async function protectNames(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ few: string; most: string }>(
    `with few as (insert into claim_set (digest, claims) values ('few', '{"team": "few"}') returning id),
     most as (insert into claim_set (digest, claims) values ('most', '{"team": "most"}') returning id)
     select (select id from few) as few, (select id from most) as most`,
  );
  const { few, most } = rows[0]!;
  await client.query(
    'update server_owner set claim_set_id = case when hashtext(name) % 464 = 0 then $1::bigint else $2::bigint end',
    [few, most],
  );
  await client.query('vacuum analyze server_owner');
  return few;
}

function hotQueries({ registryId, name, version }: Place, visibility: Visibility): [string, Ask][] {
  const list =
    (query: Partial<EntriesQuery>): Ask =>
    (database) =>
      listEntries(database, { registryId, visibility, kind: 'server', limit: 31, includeDeleted: false, ...query });
  const after = { name, version };
  const server = { registryId, visibility, kind: 'server' as const, name, includeDeleted: false };
  return [
    ['First page', list({})],
    ['Page in the middle', list({ after })],
    ['Page of one in the middle, latest versions', list({ limit: 2, after, version: 'latest' })],
    ['Changed recently', list({ updatedSince: new Date(Date.now() + 3_600_000).toISOString() })],
    ['Search for a frequent word', list({ search: 'github' })],
    ['Search for a word in a few percent of the names', list({ search: 'advisories' })],
    ['Search for a part of one name', list({ search: name.slice(-14) })],
    ['Search without a match', list({ search: 'no-such-thing' })],
    ['Latest version of one server', (database) => findEntry(database, { ...server, version: 'latest' })],
    ['All versions of one server', (database) => listVersions(database, server)],
  ];
}

/** Runs the queries once to warm the caches, then again with EXPLAIN. */
async function explain(client: pg.Client, title: string, ask: Ask): Promise<string> {
  const queries = new AskedQueries(client);
  await ask(queries);
  const plans: string[] = [];
  for (const query of queries.asked) plans.push(`\`\`\`\n${await planOf(client, query)}\n\`\`\`\n`);
  return `## ${title}\n\n${plans.join('\nSecond query, because the first one did not fill the page:\n\n')}`;
}

/** A named query is a prepared statement with a generic plan. */
async function planOf(client: pg.Client, query: Query): Promise<string> {
  await client.query(`set plan_cache_mode = ${query.name === undefined ? 'force_custom_plan' : 'force_generic_plan'}`);
  const { text, values = [] } = driverQuery(query);
  await client.query(`prepare asked as ${text}`);
  // With `EXPLAIN` itself as the statement, PostgreSQL would always plan for the values.
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    `explain (analyze, buffers) execute asked (${values.map(literal).join(', ')})`,
  );
  await client.query('deallocate asked');
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

function literal(value: unknown): string {
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.join(',')}}` : String(value));
}
