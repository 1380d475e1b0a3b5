/** Effect of large syncs on reads: the reads of the other measures, alternating between a quiet system and a growing source. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { dataSetEntries } from '../data/data-set.ts';
import { type Figure, ratioTo } from '../figures/figure.ts';
import { type LargeRegistry, largeRegistry } from '../system/large-registry.ts';
import { type Load, type LoadResult, putUnderLoad } from '../load/load.ts';
import { type Sample, sampleOf } from '../figures/sample.ts';
import { searchPaths } from '../data/searches.ts';
import { SequentialClient } from '../load/sequential-client.ts';
import { warmReads } from './warm-reads.ts';

const CONNECTIONS = 32;
const SETTLED_AFTER_MS = 300;
const SEARCHES_PER_RUN = 5000;
const LIMITS_PER_RUN = 4;
/** Page sizes that no other measure uses. */
const SMALLEST_LIMIT = 40;

interface Read {
  readonly line: string;
  /** Quick runs have one read of each kind: from the cache, by key, and by text index. */
  readonly inQuickRuns: boolean;
  /** The requests of a run. Runs are numbered from 0, counting both quiet runs and runs during syncs. */
  readonly load: (run: number) => Pick<Load, 'paths' | 'headers' | 'once'>;
}

export async function measureReadsDuringSync(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const all = await readsOf(bench, { origin: registry.origin, runs: 2 * bench.runs });
  const reads = bench.quick ? all.filter(({ inQuickRuns }) => inQuickRuns) : all;
  const atRest: Sweep[] = [];
  const duringSyncs: Sweep[] = [];
  for (let round = 0; round < bench.runs; round += 1) {
    // Each round starts with a different read, so that each read meets every phase of a sync.
    const first = round % reads.length;
    const sweep = { bench, origin: registry.origin, reads: [...reads.slice(first), ...reads.slice(0, first)] };
    await registry.vacuum();
    bench.say(`reads without a sync, round ${round + 1}`);
    atRest.push(await readEach({ ...sweep, run: 2 * round }));
    bench.say(`reads during a sync of ${bench.entries} entries, round ${round + 1}`);
    duringSyncs.push(await whileSourcesGrow(registry, () => readEach({ ...sweep, run: 2 * round + 1 })));
  }
  return reads.map((read) => {
    const p99 = (sweeps: readonly Sweep[]): Sample => sampleOf(sweeps.map((sweep) => sweep.get(read)!.p99Ms));
    return ratioTo({
      line: `${read.line}, ${CONNECTIONS} connections, during syncs of ${bench.entries} entries: p99`,
      unit: 'ms',
      ours: p99(duringSyncs),
      baseline: { what: 'without a sync', sample: p99(atRest) },
    });
  });
}

/** The results of one pass over all reads. */
type Sweep = ReadonlyMap<Read, LoadResult>;

interface SweepPlan {
  readonly bench: Bench;
  readonly origin: string;
  readonly reads: readonly Read[];
  readonly run: number;
}

async function readEach({ bench, origin, reads, run }: SweepPlan): Promise<Sweep> {
  const seconds = bench.quick ? 1 : 2;
  const results = new Map<Read, LoadResult>();
  for (const read of reads) {
    // Requests that the load tool cut off may still be running on the server.
    await delay(SETTLED_AFTER_MS);
    results.set(read, await putUnderLoad({ origin, connections: CONNECTIONS, seconds, ...read.load(run) }));
  }
  return results;
}

/** Grows one source after another until the work is done. */
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
    ...warm.map(({ line, path, headers = {} }, index) => ({
      line,
      inQuickRuns: index === 0,
      load: () => ({ paths: [path], headers }),
    })),
    {
      line: 'list page, each once',
      inQuickRuns: false,
      load: (run) => ({ paths: pagesOf(cursors, SMALLEST_LIMIT + run * LIMITS_PER_RUN), once: true }),
    },
    {
      line: 'versions/latest, each once',
      inQuickRuns: true,
      load: (run) => ({
        paths: names
          .slice(run * namesPerRun, (run + 1) * namesPerRun)
          .map((name) => `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`),
        once: true,
      }),
    },
    // Seeds that no other measure uses.
    {
      line: 'search, each once',
      inQuickRuns: true,
      load: (run) => ({ paths: searchPaths(names, SEARCHES_PER_RUN, 100 + run), once: true }),
    },
  ];
}

/** The cursors of a full walk. */
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
