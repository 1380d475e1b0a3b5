/** Walks through a whole registry, page by page on one connection. */
import { startBareExpress } from '../baselines/bare-express.ts';
import type { Bench } from '../bench.ts';
import { below, type Figure, percent, plain } from '../figures/figure.ts';
import { largeRegistry } from '../system/large-registry.ts';
import { startRegistry } from '../system/running-registry.ts';
import { mean, percentile, type Sample, sampleOf } from '../figures/sample.ts';
import { SequentialClient } from '../load/sequential-client.ts';

const TENTHS = 10;
/** The allowed deviation of a tenth of the walk from the average. */
const FLAT = 0.2;

/** The cost per page must not depend on the position in the walk. */
export async function measureFullWalk(bench: Bench): Promise<Figure[]> {
  const { origin } = await largeRegistry(bench);
  const walks: number[][] = [];
  // Use a different page size for each walk, so that no page is cached.
  for (let walk = 0; walk < Math.min(bench.runs, 5); walk += 1) {
    bench.say(`full walk ${walk + 1}`);
    walks.push(await walkTimes(origin, `/v0.1/servers?limit=${100 - walk}`));
  }
  const tenths = Array.from({ length: TENTHS }, (_, tenth) =>
    percentile(
      walks.map((times) => percentile(tenthOf(times, tenth), 0.5)),
      0.5,
    ),
  );
  const average = mean(tenths);
  const deviation = Math.max(...tenths.map((tenth) => Math.abs(tenth - average) / average));
  return [
    {
      line: `full walk of ${bench.entries} entries, limit 100, per page: median of each tenth of the walk`,
      unit: 'ms',
      ours: sampleOf(tenths),
      result: `± ${percent(deviation)}`,
      goal: { text: `± ${percent(FLAT)}`, met: deviation <= FLAT },
    },
    plain({
      line: 'the same, all pages',
      unit: 's',
      ours: sampleOf(walks.map((times) => times.reduce((sum, time) => sum + time, 0) / 1000)),
    }),
  ];
}

function tenthOf(times: readonly number[], tenth: number): number[] {
  const size = Math.floor(times.length / TENTHS);
  return times.slice(tenth * size, (tenth + 1) * size);
}

async function walkTimes(origin: string, path: string): Promise<number[]> {
  const client = new SequentialClient(origin);
  const times: number[] = [];
  for await (const page of client.walk(path)) times.push(page.milliseconds);
  await client.close();
  return times;
}

const MOST_SECONDS = 10;

/** `thv` requests one server per page. */
export async function measureWalkOneByOne(bench: Bench): Promise<Figure[]> {
  const servers = bench.quick ? 2000 : 20_000;
  const limitSeconds = (MOST_SECONDS * servers) / 20_000;
  const path = '/v0.1/servers?limit=1&version=latest';
  const file = await bench.dataSet({ entries: servers, versionsPerServer: 1 });
  const registry = await startRegistry(bench, [{ name: 'walked', file: { path: file } }]);
  const bare = await startBareExpress(registry.origin, path);
  try {
    await registry.syncDuration('walked', 1);
    bench.say(`walk of ${servers} servers, one a page`);
    const cold = await walkSeconds(registry.origin, path, servers);
    const warm = await repeated(() => walkSeconds(registry.origin, path, servers));
    const floor = await repeated(() => askSeconds(bare.origin, path, servers));
    const line = `walk of ${servers} servers, limit=1&version=latest, one connection`;
    return [
      below({ line: `${line}, cold`, unit: 's', ours: sampleOf([cold]) }, limitSeconds),
      below({ line: `${line}, warm`, unit: 's', ours: warm }, limitSeconds),
      plain({ line: 'the same number of requests to a bare Express handler', unit: 's', ours: floor }),
    ];
  } finally {
    bare.stop();
    await registry.stop();
  }
}

async function repeated(measure: () => Promise<number>): Promise<Sample> {
  const results: number[] = [];
  for (let run = 0; run < 3; run += 1) results.push(await measure());
  return sampleOf(results);
}

async function walkSeconds(origin: string, path: string, servers: number): Promise<number> {
  const client = new SequentialClient(origin);
  const start = performance.now();
  let pages = 0;
  for await (const page of client.walk(path)) pages += page.status === 200 ? 1 : 0;
  const seconds = (performance.now() - start) / 1000;
  await client.close();
  if (pages !== servers) throw new Error(`The walk found ${pages} servers, not ${servers}`);
  return seconds;
}

async function askSeconds(origin: string, path: string, requests: number): Promise<number> {
  const client = new SequentialClient(origin);
  const start = performance.now();
  for (let request = 0; request < requests; request += 1) await client.getPage(path);
  const seconds = (performance.now() - start) / 1000;
  await client.close();
  return seconds;
}
