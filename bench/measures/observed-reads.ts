/** What the log and the metrics cost: cached reads with and without them, in turns. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { HEAP_LIMITS } from '../../cli/run/role-fork.ts';
import type { ApiSetup, Comparison, ComparisonRequest, Turn } from '../baselines/api-process.ts';
import { type ServerProcess, startServerProcess } from '../baselines/start-server.ts';
import type { Bench } from '../bench.ts';
import { atLeastShareOf, atMostShareOf, type Figure } from '../figures/figure.ts';
import { samplesOf } from '../figures/interleaved.ts';
import { largeRegistry } from '../system/large-registry.ts';
import { putUnderLoad, warmUp } from '../load/load.ts';
import { warmReads } from './warm-reads.ts';

const CONNECTIONS = 32;
const MOST_CPU_TIME = 1.05;
const LEAST_THROUGHPUT = 0.95;
const TURN_MS = 120;
const TURNS = { quick: 100, full: 400 } as const;

export async function measureObservedReads(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const api = await startApi(bench, { connection: registry.database.settings });
  const turns = TURNS[bench.quick ? 'quick' : 'full'];
  try {
    const figures: Figure[] = [];
    for (const { line, path, headers = {} } of await warmReads(registry.origin)) {
      bench.say(`${line}, logged and measured`);
      const load = { origin: api.origin, paths: [path], headers, connections: CONNECTIONS };
      await warmUp(load);
      // Compiles the code of both sides.
      await comparison(api, load, turns / 10);
      figures.push(...figuresOf(line, await comparison(api, load, turns)));
    }
    return figures;
  } finally {
    api.stop();
  }
}

/** Both sides under the same continuous load. */
async function comparison(api: ServerProcess, load: Parameters<typeof warmUp>[0], turns: number): Promise<Comparison> {
  const seconds = Math.ceil((2 * turns * TURN_MS) / 1000) + 1;
  const [compared] = await Promise.all([
    api.ask({ turns, turnMs: TURN_MS } satisfies ComparisonRequest),
    putUnderLoad({ ...load, seconds }),
  ]);
  return compared as Comparison;
}

function figuresOf(line: string, { observed, unobserved }: Comparison): Figure[] {
  const sides = { ours: observed, baseline: unobserved };
  const samples = (valueOf: (turn: Turn) => number) => samplesOf(sides, 'without log and metrics', valueOf);
  const subject = `${line}, logged and measured`;
  return [
    atMostShareOf(
      { line: `${subject}: CPU time per request`, unit: 'µs', ...samples((turn) => turn.microseconds) },
      MOST_CPU_TIME,
    ),
    atLeastShareOf(
      { line: `${subject}: throughput`, unit: 'requests/s', ...samples((turn) => turn.requestsPerSecond) },
      LEAST_THROUGHPUT,
    ),
  ];
}

/** Starts the API in a process of its own, with the heap limits of `serve`. Its log goes to a file, as in production. */
async function startApi(bench: Bench, setup: ApiSetup): Promise<ServerProcess> {
  const log = await open(join(bench.directory, 'api.log'), 'w');
  try {
    return await startServerProcess('api-process.ts', setup, {
      execArgv: [...HEAP_LIMITS.api],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
  } finally {
    await log.close();
  }
}
