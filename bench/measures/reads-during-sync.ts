/** Whether reads notice a large sync: the same paced requests while nothing runs, and while 100,000 entries come in. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { goLast } from '../../cli/processor-priority.ts';
import type { Bench } from '../bench.ts';
import { atMostTimes, type Figure, plain } from '../figure.ts';
import { largeRegistry } from '../large-registry.ts';
import { type PacedLoad, type PacedResult, startPacedLoad } from '../paced-load.ts';
import { replaceFile } from '../running-registry.ts';
import { sampleOf } from '../sample.ts';
import { SequentialClient } from '../sequential-client.ts';

const REQUESTS_PER_SECOND = 200;
const GOAL = 2;

export async function measureReadsDuringSync(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const grown = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real', seed: 2 });
  const load = {
    origin: registry.origin,
    paths: await mixedPaths(registry.origin),
    requestsPerSecond: REQUESTS_PER_SECOND,
  };
  const restMs = bench.quick ? 4000 : 15_000;

  bench.say('reads while nothing else runs');
  const atRest = await underLoad(load, () => delay(restMs));
  bench.say('reads while a core is busy');
  const besideLoop = await underLoad(load, () => keepCoreBusy(restMs));
  bench.say(`reads during a sync of ${bench.entries} entries`);
  const duringSync = await underLoad(load, async () => {
    await replaceFile(registry.growingFile, grown);
    await registry.requestSync('growing');
    await registry.syncDuration('growing', 2);
  });

  const line = `${REQUESTS_PER_SECOND} mixed reads a second during a sync of ${bench.entries} entries`;
  const milliseconds = (value: number): Pick<Figure, 'unit' | 'ours'> => ({ unit: 'ms', ours: sampleOf([value]) });
  return [
    atMostTimes(
      {
        line: `${line}: p99`,
        ...milliseconds(duringSync.p99Ms),
        baseline: { what: 'without a sync', sample: sampleOf([atRest.p99Ms]) },
      },
      GOAL,
    ),
    plain({ line: `${line}: p50`, ...milliseconds(duringSync.p50Ms) }),
    plain({ line: `${line}: slowest`, ...milliseconds(duringSync.slowestMs) }),
    plain({ line: 'the same beside an endless loop instead of a sync: p99', ...milliseconds(besideLoop.p99Ms) }),
  ];
}

async function underLoad(load: PacedLoad, work: () => Promise<void>): Promise<PacedResult> {
  const running = await startPacedLoad(load);
  await work().catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  return await running.stop();
}

/** What anything that uses a processor does to the reads, at the priority of the worker. */
async function keepCoreBusy(forMs: number): Promise<void> {
  const loop = spawn(process.execPath, ['-e', `for (const end = Date.now() + ${forMs}; Date.now() < end; );`], {
    detached: true,
    stdio: 'ignore',
  });
  goLast(loop.pid!);
  await once(loop, 'exit');
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
