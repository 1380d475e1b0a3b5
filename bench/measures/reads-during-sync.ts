/**
 * Whether reads notice large syncs: those of the other measures, by as many connections, while nothing else runs and while
 * one source after the other grows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { dataSetEntries } from '../data-set.ts';
import { atMostTimes, type Figure } from '../figure.ts';
import { type LargeRegistry, largeRegistry } from '../large-registry.ts';
import { type Load, type LoadResult, putUnderLoad } from '../load.ts';
import { type Sample, sampleOf } from '../sample.ts';
import { searchPaths } from '../searches.ts';
import { SequentialClient } from '../sequential-client.ts';
import { warmReads } from './warm-reads.ts';

const CONNECTIONS = 32;
const GOAL = 2;
const SETTLED_AFTER_MS = 300;
/** More than are answered in one run. */
const SEARCHES_PER_RUN = 5000;
const LIMITS_PER_RUN = 8;
/** Other measures ask for pages of other sizes. */
const SMALLEST_LIMIT = 40;

interface Read {
  readonly line: string;
  /** What is asked for in a run; the runs are counted from 0, at rest and during syncs alike. */
  readonly load: (run: number) => Pick<Load, 'paths' | 'headers'>;
}

export async function measureReadsDuringSync(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const rounds = bench.quick ? 1 : 3;
  const reads = await readsOf(bench, { origin: registry.origin, runs: 2 * rounds });
  const plan = { bench, origin: registry.origin, reads, rounds };
  await registry.vacuum();
  bench.say('reads while nothing else runs');
  const atRest = await readInTurn({ ...plan, firstRun: 0 });
  bench.say(`reads during syncs of ${bench.entries} entries`);
  const duringSyncs = await whileSourcesGrow(registry, () => readInTurn({ ...plan, firstRun: rounds }));
  return reads.map(({ line }, index) => {
    const p99 = (rows: readonly LoadResult[][]): Sample => sampleOf(rows.map((round) => round[index]!.p99Ms));
    return atMostTimes(
      {
        line: `${line}, ${CONNECTIONS} connections, during syncs of ${bench.entries} entries: p99`,
        unit: 'ms',
        ours: p99(duringSyncs),
        baseline: { what: 'without a sync', sample: p99(atRest) },
      },
      GOAL,
    );
  });
}

interface Plan {
  readonly bench: Bench;
  readonly origin: string;
  readonly reads: readonly Read[];
  readonly rounds: number;
  readonly firstRun: number;
}

/** One read after the other, again and again, so that each meets all that a sync does. Answers by round, then by read. */
async function readInTurn({ bench, origin, reads, rounds, firstRun }: Plan): Promise<LoadResult[][]> {
  const seconds = bench.quick ? 1 : 2;
  const results: LoadResult[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const ofRound: LoadResult[] = [];
    for (const { load } of reads) {
      // The server may still have to do with what was asked last, and nobody waits for.
      await delay(SETTLED_AFTER_MS);
      ofRound.push(await putUnderLoad({ origin, connections: CONNECTIONS, seconds, ...load(firstRun + round) }));
    }
    results.push(ofRound);
  }
  return results;
}

/** Lets one source after the other grow for as long as the work takes. */
async function whileSourcesGrow<Result>(registry: LargeRegistry, work: () => Promise<Result>): Promise<Result> {
  const done = new AbortController();
  const grow = async (): Promise<void> => {
    while (!done.signal.aborted) await registry.grow();
  };
  const [result] = await Promise.all([work().finally(() => done.abort()), grow()]);
  return result;
}

async function readsOf(bench: Bench, { origin, runs }: { origin: string; runs: number }): Promise<Read[]> {
  const warm = await warmReads(origin);
  const cursors = await cursorsOf(origin);
  const entries = [...dataSetEntries({ entries: bench.entries, versionsPerServer: 'real' })];
  const names = [...new Set(entries.map(({ server }) => server.name))];
  const namesPerRun = Math.floor(names.length / runs);
  return [
    ...warm.map(({ line, path, headers = {} }) => ({ line, load: () => ({ paths: [path], headers }) })),
    {
      line: 'list page, each once',
      load: (run) => ({ paths: pagesOf(cursors, SMALLEST_LIMIT + run * LIMITS_PER_RUN) }),
    },
    {
      line: 'versions/latest, each once',
      load: (run) => ({
        paths: names
          .slice(run * namesPerRun, (run + 1) * namesPerRun)
          .map((name) => `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`),
      }),
    },
    // Seeds that no other measure of searches has.
    { line: 'search, each once', load: (run) => ({ paths: searchPaths(names, SEARCHES_PER_RUN, 100 + run) }) },
  ];
}

/** Where the pages of a walk begin. */
async function cursorsOf(origin: string): Promise<string[]> {
  const client = new SequentialClient(origin);
  const cursors: string[] = [];
  for await (const { nextCursor } of client.walk('/v0.1/servers?limit=100')) {
    if (nextCursor !== undefined) cursors.push(nextCursor);
  }
  await client.close();
  return cursors;
}

function pagesOf(cursors: readonly string[], smallestLimit: number): string[] {
  return Array.from({ length: LIMITS_PER_RUN }, (_, index) => smallestLimit + index).flatMap((limit) =>
    cursors.map((cursor) => `/v0.1/servers?limit=${limit}&cursor=${cursor}`),
  );
}
