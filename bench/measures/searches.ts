/** Searches by many clients at once: distinct ones, so that none is answered from the cache, and popular ones repeated. */
import type { Bench } from '../bench.ts';
import { dataSetEntries } from '../data/data-set.ts';
import { below, type Figure, plain } from '../figures/figure.ts';
import { largeRegistry } from '../system/large-registry.ts';
import { type Load, putUnderLoad, warmUp } from '../load/load.ts';
import { sampleOf } from '../figures/sample.ts';
import { searchPaths } from '../data/searches.ts';

const CONNECTIONS = 32;
const GOAL_MS = 50;
const SEARCHES_PER_RUN = 30_000;
/** Most people search for what others have searched for. */
const POPULAR_SEARCHES = 300;

export async function measureSearches(bench: Bench): Promise<Figure[]> {
  const { origin } = await largeRegistry(bench);
  const names = [...dataSetEntries({ entries: 5000, versionsPerServer: 'real' })].map(({ server }) => server.name);
  bench.say('searches: warm-up');
  await warmUp({ origin, paths: withLargerPages(searchPaths(names, SEARCHES_PER_RUN, 0)), connections: CONNECTIONS });
  return [
    ...(await measure(bench, `search in ${bench.entries} entries, each once`, (run) => ({
      origin,
      paths: searchPaths(names, SEARCHES_PER_RUN, run),
      once: true,
    }))),
    ...(await measure(bench, `${POPULAR_SEARCHES} searches again and again`, () => ({
      origin,
      paths: searchPaths(names, POPULAR_SEARCHES, 0),
    }))),
  ];
}

/** The same searches with limits that no measured one has, so that their pages aren't cached by the warm-up. */
function withLargerPages(paths: readonly string[]): string[] {
  return paths.map((path) => path.replace(/(?<=limit=)\d+/, (limit) => String(Number(limit) + 60)));
}

type Searches = Pick<Load, 'origin' | 'paths' | 'once'>;

async function measure(bench: Bench, line: string, searches: (run: number) => Searches): Promise<Figure[]> {
  const p50s: number[] = [];
  const p99s: number[] = [];
  const rates: number[] = [];
  for (let run = 0; run < bench.runs; run += 1) {
    bench.say(`${line}, run ${run + 1}`);
    const result = await putUnderLoad({
      ...searches(run + 1),
      connections: CONNECTIONS,
      seconds: bench.loadSeconds,
    });
    p50s.push(result.p50Ms);
    p99s.push(result.p99Ms);
    rates.push(result.requestsPerSecond);
  }
  return [
    below({ line: `${line}, ${CONNECTIONS} connections: p99`, unit: 'ms', ours: sampleOf(p99s) }, GOAL_MS),
    plain({ line: `${line}: p50`, unit: 'ms', ours: sampleOf(p50s) }),
    plain({ line: `${line}: rate`, unit: 'requests/s', ours: sampleOf(rates) }),
  ];
}
