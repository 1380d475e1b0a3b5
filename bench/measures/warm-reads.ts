/** Requests per second answered from the cache, compared with a bare Express handler that sends the same bytes. */
import { startBareExpress } from '../bare-express.ts';
import type { Bench } from '../bench.ts';
import { atLeastShareOf, type Figure } from '../figure.ts';
import { interleaved } from '../interleaved.ts';
import { largeRegistry } from '../large-registry.ts';
import { putUnderLoad } from '../load.ts';
import { SequentialClient } from '../sequential-client.ts';

const CONNECTIONS = 32;
const GOAL = 0.8;

export interface WarmRead {
  readonly line: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function measureWarmReads(bench: Bench): Promise<Figure[]> {
  const { origin } = await largeRegistry(bench);
  const figures: Figure[] = [];
  for (const read of await warmReads(origin)) {
    bench.say(read.line);
    figures.push(await measure(bench, origin, read));
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

async function measure(bench: Bench, origin: string, { line, path, headers = {} }: WarmRead): Promise<Figure> {
  const bare = await startBareExpress(origin, path, headers);
  const load = async (server: string): Promise<number> => {
    const seconds = bench.loadSeconds;
    const result = await putUnderLoad({ origin: server, paths: [path], headers, connections: CONNECTIONS, seconds });
    return result.requestsPerSecond;
  };
  try {
    const { ours, baseline } = await interleaved(bench.runs, {
      ours: () => load(origin),
      baseline: () => load(bare.origin),
    });
    return atLeastShareOf(
      { line, unit: 'requests/s', ours, baseline: { what: 'bare Express', sample: baseline } },
      GOAL,
    );
  } finally {
    bare.stop();
  }
}
