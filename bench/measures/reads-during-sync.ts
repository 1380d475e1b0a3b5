/** Whether reads notice a large sync: the same paced requests while nothing runs, and while 100,000 entries come in. */
import type { Bench } from '../bench.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { atMostTimes, type Figure, plain } from '../figure.ts';
import { startPacedLoad } from '../paced-load.ts';
import { replaceFile, startRegistry } from '../running-registry.ts';
import { type Sample, sampleOf } from '../sample.ts';
import { SequentialClient } from '../sequential-client.ts';

const REQUESTS_PER_SECOND = 200;
const GOAL = 2;

export async function measureReadsDuringSync(bench: Bench): Promise<Figure[]> {
  const first = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' });
  const other = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real', seed: 2 });
  const growing = join(bench.directory, 'growing.json');
  await replaceFile(growing, await bench.dataSet({ entries: 1, versionsPerServer: 'real', seed: 2 }));
  const registry = await startRegistry(bench, [
    { name: 'resting', file: { path: first } },
    { name: 'growing', file: { path: growing } },
  ]);
  try {
    bench.say('two first syncs');
    await Promise.all([registry.syncDuration('resting', 1), registry.syncDuration('growing', 1)]);
    const paths = await mixedPaths(registry.origin);
    bench.say('reads while nothing else runs');
    const idle = await startPacedLoad({ origin: registry.origin, paths, requestsPerSecond: REQUESTS_PER_SECOND });
    await delay(bench.quick ? 4000 : 15_000);
    const atRest = await idle.stop();
    bench.say(`reads during a sync of ${bench.entries} entries`);
    const busy = await startPacedLoad({ origin: registry.origin, paths, requestsPerSecond: REQUESTS_PER_SECOND });
    await replaceFile(growing, other);
    await registry.requestSync('growing');
    const syncMs = await registry.syncDuration('growing', 2);
    const duringSync = await busy.stop();
    const line = `${REQUESTS_PER_SECOND} mixed reads a second during a sync of ${bench.entries} entries`;
    const one = (value: number): Sample => sampleOf([value]);
    return [
      atMostTimes(
        {
          line: `${line}: p99`,
          unit: 'ms',
          ours: one(duringSync.p99Ms),
          baseline: { what: 'without a sync', sample: one(atRest.p99Ms) },
        },
        GOAL,
      ),
      plain({ line: `${line}: p50`, unit: 'ms', ours: one(duringSync.p50Ms) }),
      plain({ line: `${line}: slowest`, unit: 'ms', ours: one(duringSync.slowestMs) }),
      plain({ line: 'that sync', unit: 's', ours: one(syncMs / 1000) }),
    ];
  } finally {
    await registry.stop();
  }
}

/** The first page, pages further on, look-ups and searches: some are in memory, some are not. */
async function mixedPaths(origin: string): Promise<string[]> {
  const client = new SequentialClient(origin);
  const pages: string[] = [];
  const names: string[] = [];
  for await (const { body } of client.walk('/v0.1/servers?limit=100')) {
    const { servers, metadata } = JSON.parse(body) as {
      servers: { server: { name: string } }[];
      metadata: { nextCursor?: string };
    };
    names.push(...servers.map(({ server }) => server.name));
    if (metadata.nextCursor !== undefined) pages.push(`/v0.1/servers?limit=30&cursor=${metadata.nextCursor}`);
    if (pages.length === 50) break;
  }
  await client.close();
  return pages.flatMap((page, index) => [
    '/v0.1/servers?limit=30',
    `/v0.1/servers/${encodeURIComponent(names[index]!)}/versions/latest`,
    `/v0.1/servers/${encodeURIComponent(names[names.length - 1 - index]!)}/versions`,
    page,
  ]);
}
