/** Uncached answers: each page is requested once. */
import pg from 'pg';
import { type Bench, connectionOf, textTimestamps } from '../bench.ts';
import { dataSetEntries } from '../data/data-set.ts';
import { driverQuery, Queries, type Query } from '../../db/connection/queries.ts';
import { listEntries } from '../../db/entries/entries.ts';
import { atLeastShareOf, atMostTimes, below, type Figure, plain, ratioTo } from '../figures/figure.ts';
import { largeRegistry, type LargeRegistry } from '../system/large-registry.ts';
import { type MeasuredLoad, putProcessUnderLoad, putUnderLoad, warmUp } from '../load/load.ts';
import type { LookupSetup } from '../baselines/lookup-process.ts';
import { type ServerProcess, startServerProcess } from '../baselines/start-server.ts';
import { type Interleaved, interleaved, samplesOf } from '../figures/interleaved.ts';
import { percentile, sampleOf } from '../figures/sample.ts';
import { SequentialClient } from '../load/sequential-client.ts';

const LIST_GOAL = 2;
const LOOKUP_GOAL = 0.5;
const LOOKUP_P99_GOAL_MS = 40;
const LOOKUP_RUNS = { quick: 5, full: 7 } as const;
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
  const pagesPerBlock = bench.quick ? 120 : 200;
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

/**
 * `versions/latest` on 32 connections. Each name is asked for twice, with and without deleted versions, which are two
 * pages for the cache.
 */
async function measureLookups(bench: Bench, registry: LargeRegistry, registryId: string): Promise<Figure[]> {
  const entries = [...dataSetEntries({ entries: bench.entries, versionsPerServer: 'real' })];
  const names = [...new Set(entries.map(({ server }) => server.name))];
  const paths = names
    .map((name) => `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`)
    .flatMap((path) => [path, `${path}?include_deleted=true`]);
  const runCount = LOOKUP_RUNS[bench.quick ? 'quick' : 'full'];
  const perRun = Math.floor(paths.length / (runCount + 1));
  const setup: LookupSetup = { connection: connectionOf(registry.database.settings), registryId };
  const bare = await startServerProcess('lookup-process.ts', setup);
  const load = (
    run: number,
    { origin, processId }: Pick<ServerProcess, 'origin' | 'processId'>,
  ): Promise<MeasuredLoad> =>
    putProcessUnderLoad(processId, {
      origin,
      paths: paths.slice(run * perRun, (run + 1) * perRun),
      once: true,
      connections: CONNECTIONS,
      seconds: 1,
    });
  try {
    bench.say('cold look-ups: warm-up');
    const exact = entries
      .map(({ server: { name, version } }) => [name, version].map(encodeURIComponent).join('/versions/'))
      .flatMap((path) => [`/v0.1/servers/${path}`, `/v0.1/servers/${path}?include_deleted=true`]);
    // Each path once, so that no answer comes from the cache.
    await putUnderLoad({ origin: registry.origin, paths: exact, once: true, connections: CONNECTIONS, seconds: 20 });
    await warmUp({ origin: bare.origin, paths, connections: CONNECTIONS });
    bench.say('cold look-ups');
    const runs = await interleaved(runCount, {
      ours: (run) => load(run, { origin: registry.origin, processId: registry.processes.api }),
      baseline: (run) => load(run, bare),
    });
    return lookupFigures(runs);
  } finally {
    bare.stop();
  }
}

function lookupFigures(runs: Interleaved<MeasuredLoad>): Figure[] {
  const line = `versions/latest, each once, ${CONNECTIONS} connections`;
  const what = 'bare Express with one prepared query';
  const rates = samplesOf(runs, what, (result) => result.requestsPerSecond);
  const costs = samplesOf(runs, what, (result) => result.microsecondsPerRequest);
  const p99 = samplesOf(runs, what, (result) => result.p99Ms);
  return [
    atLeastShareOf({ line, unit: 'requests/s', ...rates }, LOOKUP_GOAL),
    ratioTo({ line: `${line}: CPU time of Node per request`, unit: 'µs', ...costs }),
    below({ line: `${line}: p99`, unit: 'ms', ours: p99.ours }, LOOKUP_P99_GOAL_MS),
    plain({ line: `${line}: p99 of ${what}`, unit: 'ms', ours: p99.baseline.sample }),
  ];
}
