/**
 * Whether single reads notice a large sync: the same paced requests while nothing else runs and while a source grows. A
 * server that is mostly idle has to be woken for each of them, so they show how a machine shares its processors too: for
 * that, the same beside a process that does nothing but keep a core busy, and beside it a server that does nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { goLast } from '../../cli/run/processor-priority.ts';
import type { Bench } from '../bench.ts';
import { startBareExpress } from '../bare-express.ts';
import { atMostTimes, type Figure, ratioTo } from '../figure.ts';
import { largeRegistry } from '../large-registry.ts';
import { type PacedLoad, startPacedLoad } from '../paced-load.ts';
import { sampleOf } from '../sample.ts';
import { SequentialClient } from '../sequential-client.ts';

const REQUESTS_PER_SECOND = 200;
const SECONDS = 10;
const ROUNDS = 3;
const GOAL = 2;
const LIST = '/v0.1/servers?limit=30';

export async function measurePacedReadsDuringSync(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const ours = { origin: registry.origin, paths: await mixedPaths(registry.origin) };
  const bareExpress = await startBareExpress(registry.origin, LIST);
  const bare = { origin: bareExpress.origin, paths: [LIST] };
  const times = {
    ours: { atRest: [] as number[], besideLoop: [] as number[], duringSync: [] as number[] },
    bare: { atRest: [] as number[], besideLoop: [] as number[] },
  };
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      bench.say(`paced reads, round ${round}`);
      await registry.vacuum();
      times.ours.atRest.push(await p99Of(ours, rest));
      times.ours.besideLoop.push(await p99Of(ours, keepCoreBusy));
      times.ours.duringSync.push(await p99Of(ours, () => registry.grow()));
      times.bare.atRest.push(await p99Of(bare, rest));
      times.bare.besideLoop.push(await p99Of(bare, keepCoreBusy));
    }
  } finally {
    bareExpress.stop();
  }
  const line = `${REQUESTS_PER_SECOND} mixed reads a second`;
  const baseline = { what: 'nothing else running', sample: sampleOf(times.ours.atRest) };
  return [
    atMostTimes(
      {
        line: `${line} during a sync of ${bench.entries} entries: p99`,
        unit: 'ms',
        ours: sampleOf(times.ours.duringSync),
        baseline,
      },
      GOAL,
    ),
    ratioTo({
      line: `${line} beside an endless loop: p99`,
      unit: 'ms',
      ours: sampleOf(times.ours.besideLoop),
      baseline,
    }),
    ratioTo({
      line: 'as many to a bare Express handler beside an endless loop: p99',
      unit: 'ms',
      ours: sampleOf(times.bare.besideLoop),
      baseline: { what: 'nothing else running', sample: sampleOf(times.bare.atRest) },
    }),
  ];
}

async function p99Of(load: Omit<PacedLoad, 'requestsPerSecond'>, work: () => Promise<void>): Promise<number> {
  const running = await startPacedLoad({ ...load, requestsPerSecond: REQUESTS_PER_SECOND });
  await work().catch(async (error: unknown) => {
    await running.stop();
    throw error;
  });
  const { p99Ms } = await running.stop();
  return p99Ms;
}

async function rest(): Promise<void> {
  await delay(SECONDS * 1000);
}

/** What anything that uses a processor does to the reads, at the priority of the worker. */
async function keepCoreBusy(): Promise<void> {
  const program = `for (const end = Date.now() + ${SECONDS * 1000}; Date.now() < end; );`;
  const loop = spawn(process.execPath, ['-e', program], { detached: true, stdio: 'ignore' });
  goLast(loop.pid!);
  await once(loop, 'exit');
}

/** The first page, pages further on, and look-ups. */
async function mixedPaths(origin: string): Promise<string[]> {
  const client = new SequentialClient(origin);
  const pages: string[] = [];
  const names: string[] = [];
  for await (const { body, nextCursor } of client.walk('/v0.1/servers?limit=100')) {
    const { servers } = JSON.parse(body) as { servers: { server: { name: string } }[] };
    names.push(...servers.map(({ server }) => server.name));
    if (nextCursor !== undefined) pages.push(`${LIST}&cursor=${nextCursor}`);
    if (pages.length === 50) break;
  }
  await client.close();
  return pages.flatMap((page, index) => [
    LIST,
    `/v0.1/servers/${encodeURIComponent(names[index]!)}/versions/latest`,
    `/v0.1/servers/${encodeURIComponent(names[names.length - 1 - index]!)}/versions`,
    page,
  ]);
}
