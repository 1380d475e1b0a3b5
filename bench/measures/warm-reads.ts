/** Requests per second answered from the cache, compared with a bare Express handler that sends the same bytes. */
import { startBareExpress } from '../baselines/bare-express.ts';
import type { Bench } from '../bench.ts';
import { atLeastShareOf, type Figure, ratioTo } from '../figures/figure.ts';
import { interleaved, samplesOf } from '../figures/interleaved.ts';
import { largeRegistry, type LargeRegistry } from '../system/large-registry.ts';
import { type MeasuredLoad, putProcessUnderLoad, warmUp } from '../load/load.ts';
import { SequentialClient } from '../load/sequential-client.ts';

const CONNECTIONS = 32;
const GOAL = 0.8;
const RUNS = { quick: 5, full: 7 } as const;

export interface WarmRead {
  readonly line: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function measureWarmReads(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const figures: Figure[] = [];
  for (const read of await warmReads(registry.origin)) {
    bench.say(read.line);
    figures.push(...(await measure(bench, registry, read)));
  }
  return figures;
}

/** A list page, a lookup, and a 304. */
export async function warmReads(origin: string): Promise<WarmRead[]> {
  const client = new SequentialClient(origin);
  const list = '/v0.1/servers?limit=30';
  const page = await client.getPage(list);
  await client.close();
  const { servers } = JSON.parse(page.body) as { servers: readonly { server: { name: string } }[] };
  const latest = `/v0.1/servers/${encodeURIComponent(servers[0]!.server.name)}/versions/latest`;
  return [
    { line: 'list page, warm', path: list },
    { line: 'versions/latest, warm', path: latest },
    { line: '304, warm', path: list, headers: { 'if-none-match': String(page.headers['etag']) } },
  ];
}

async function measure(bench: Bench, registry: LargeRegistry, read: WarmRead): Promise<Figure[]> {
  const { line, path, headers = {} } = read;
  const bare = await startBareExpress(registry.origin, path, headers);
  const asked = { paths: [path], headers, connections: CONNECTIONS };
  const load = (origin: string, processId: number): Promise<MeasuredLoad> =>
    putProcessUnderLoad(processId, { ...asked, origin, seconds: bench.loadSeconds });
  try {
    await warmUp({ ...asked, origin: registry.origin });
    await warmUp({ ...asked, origin: bare.origin });
    const runs = await interleaved(RUNS[bench.quick ? 'quick' : 'full'], {
      ours: () => load(registry.origin, registry.processes.api),
      baseline: () => load(bare.origin, bare.processId),
    });
    const rates = samplesOf(runs, 'bare Express', (result) => result.requestsPerSecond);
    const costs = samplesOf(runs, 'bare Express', (result) => result.microsecondsPerRequest);
    return [
      atLeastShareOf({ line, unit: 'requests/s', ...rates }, GOAL),
      ratioTo({ line: `${line}: CPU time per request`, unit: 'µs', ...costs }),
    ];
  } finally {
    bare.stop();
  }
}
