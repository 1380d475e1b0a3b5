/** Uncached answers: each page is requested once. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { type Bench, connectionOf } from '../bench.ts';
import { dataSetEntries } from '../data-set.ts';
import { driverQuery, Queries, type Query } from '../../db/connection/queries.ts';
import { listEntries } from '../../db/entries/entries.ts';
import { atLeastShareOf, atMostTimes, below, type Figure } from '../figure.ts';
import { largeRegistry, type LargeRegistry } from '../large-registry.ts';
import { type LoadResult, putUnderLoad } from '../load.ts';
import type { LookupSetup } from '../lookup-process.ts';
import { percentile, sampleOf } from '../sample.ts';
import { SequentialClient } from '../sequential-client.ts';

const LIST_GOAL = 2;
const LOOKUP_GOAL = 0.5;
const LOOKUP_P99_GOAL_MS = 40;
const CONNECTIONS = 32;

export async function measureColdReads(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const client = new pg.Client({ ...connectionOf(registry.database.settings), types: textTimestamps() });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from registry where is_default');
    const registryId = rows[0]!.id;
    return [
      await measureLists(bench, registry, { client, registryId }),
      ...(await measureLookups(bench, registry, registryId)),
    ];
  } finally {
    await client.end();
  }
}

/** As the schemas of rows expect them. */
function textTimestamps(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, String);
  return types;
}

/** Sends statements with plain `pg`. */
class TimedQueries extends Queries {
  readonly #client: pg.Client;
  milliseconds = 0;

  constructor(client: pg.Client) {
    super();
    this.#client = client;
  }

  protected override async send(query: Query): Promise<pg.QueryResult<object>> {
    const sent = driverQuery(query);
    const start = performance.now();
    const result = await this.#client.query<object>(sent);
    this.milliseconds += performance.now() - start;
    return result;
  }
}

/**
 * Alternates a request on one connection and the same page's SQL with plain `pg`. The figure of a block of pages is its
 * median.
 */
async function measureLists(
  bench: Bench,
  { origin }: LargeRegistry,
  { client, registryId }: { readonly client: pg.Client; readonly registryId: string },
): Promise<Figure> {
  const pagesPerBlock = bench.quick ? 50 : 200;
  const http = new SequentialClient(origin);
  const ours: number[][] = [[]];
  const queries: number[][] = [[]];
  bench.say('cold list pages');
  for await (const { response, after } of walk(http)) {
    const timed = new TimedQueries(client);
    await listEntries(timed, {
      registryId,
      visibility: 'all',
      kind: 'server',
      limit: 32,
      includeDeleted: false,
      after,
    });
    ours.at(-1)!.push(response.milliseconds);
    queries.at(-1)!.push(timed.milliseconds);
    if (ours.at(-1)!.length < pagesPerBlock) continue;
    if (ours.length > bench.runs) break;
    ours.push([]);
    queries.push([]);
  }
  await http.close();
  const medians = (blocks: number[][]): number[] => blocks.slice(1).map((block) => percentile(block, 0.5));
  const baseline = { what: 'the bare SQL through plain pg', sample: sampleOf(medians(queries)) };
  return atMostTimes({ line: 'list page, each once', unit: 'ms', ours: sampleOf(medians(ours)), baseline }, LIST_GOAL);
}

interface Walked {
  readonly response: { readonly milliseconds: number; readonly body: string };
  readonly after: { readonly name: string; readonly version: string } | undefined;
}

async function* walk(http: SequentialClient): AsyncGenerator<Walked> {
  let after: Walked['after'];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const response = await http.getPage(`/v0.1/servers?limit=31${cursor && `&cursor=${cursor}`}`);
    yield { response, after };
    const { servers, metadata } = JSON.parse(response.body) as {
      servers: { server: { name: string; version: string } }[];
      metadata: { nextCursor?: string };
    };
    cursor = metadata.nextCursor;
    after = servers.at(-1)?.server;
  }
}

/** `versions/latest` of names that were not requested before, on 32 connections. */
async function measureLookups(
  bench: Bench,
  { origin, database }: LargeRegistry,
  registryId: string,
): Promise<Figure[]> {
  const entries = [...dataSetEntries({ entries: bench.entries, versionsPerServer: 'real' })];
  const names = [...new Set(entries.map(({ server }) => server.name))];
  const namesPerRun = Math.floor(names.length / (bench.runs + 1));
  const bare = await startBareLookups({ connection: connectionOf(database.settings), registryId });
  const load = async (server: string, run: number): Promise<LoadResult> => {
    const paths = names
      .slice(run * namesPerRun, (run + 1) * namesPerRun)
      .map((name) => `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`);
    const result = await putUnderLoad({ origin: server, paths, connections: CONNECTIONS, seconds: 1 });
    // The baseline has no cache, so it can ask for a name again.
    if (server === origin && result.requests > paths.length) throw new Error(`There are only ${paths.length} names`);
    return result;
  };
  const ours: LoadResult[] = [];
  const baseline: LoadResult[] = [];
  try {
    // The first run of each isn't counted.
    for (let run = 0; run <= bench.runs; run += 1) {
      bench.say(`cold look-ups, run ${run}`);
      ours.push(await load(origin, run));
      baseline.push(await load(bare.origin, run));
    }
  } finally {
    bare.stop();
  }
  const rates = (results: readonly LoadResult[]) =>
    sampleOf(results.slice(1).map((result) => result.requestsPerSecond));
  const p99s = (results: readonly LoadResult[]) => sampleOf(results.slice(1).map((result) => result.p99Ms));
  const line = `versions/latest, each once, ${CONNECTIONS} connections`;
  const what = 'bare Express with one prepared query';
  return [
    atLeastShareOf(
      { line, unit: 'requests/s', ours: rates(ours), baseline: { what, sample: rates(baseline) } },
      LOOKUP_GOAL,
    ),
    below({ line: `${line}: p99`, unit: 'ms', ours: p99s(ours) }, LOOKUP_P99_GOAL_MS),
  ];
}

async function startBareLookups(setup: LookupSetup): Promise<{ readonly origin: string; stop(): void }> {
  const child = fork(new URL('../lookup-process.ts', import.meta.url));
  child.send(setup);
  const [port] = (await once(child, 'message')) as [number];
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}
