/** Searches that were never asked before, by many clients at once. */
import type { Bench } from '../bench.ts';
import { dataSetEntries } from '../data-set.ts';
import { below, type Figure, plain } from '../figure.ts';
import { largeRegistry } from '../large-registry.ts';
import { putUnderLoad } from '../load.ts';
import { sampleOf } from '../sample.ts';
import { searchPaths } from '../searches.ts';

const CONNECTIONS = 32;
const GOAL_MS = 20;
/** More than are answered in one run. */
const SEARCHES_PER_RUN = 30_000;

export async function measureSearches(bench: Bench): Promise<Figure[]> {
  const { origin } = await largeRegistry(bench);
  const entries = dataSetEntries({ entries: 5000, versionsPerServer: 'real' });
  const names = [...entries].map(({ server }) => server.name);
  const p50s: number[] = [];
  const p99s: number[] = [];
  const rates: number[] = [];
  for (let run = 0; run < bench.runs; run += 1) {
    bench.say(`searches, run ${run + 1}`);
    const result = await putUnderLoad({
      origin,
      paths: searchPaths(names, SEARCHES_PER_RUN, run + 1),
      connections: CONNECTIONS,
      seconds: bench.loadSeconds,
    });
    p50s.push(result.p50Ms);
    p99s.push(result.p99Ms);
    rates.push(result.requestsPerSecond);
  }
  const line = `search in ${bench.entries} entries, ${CONNECTIONS} connections, each search once`;
  return [
    below({ line: `${line}: p99`, unit: 'ms', ours: sampleOf(p99s) }, GOAL_MS),
    plain({ line: `${line}: p50`, unit: 'ms', ours: sampleOf(p50s) }),
    plain({ line: `${line}: rate`, unit: 'requests/s', ours: sampleOf(rates) }),
  ];
}
