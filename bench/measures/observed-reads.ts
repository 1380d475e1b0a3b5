/** CPU time that the log and the metrics cost: cached reads with and without them, in alternation. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { HEAP_LIMITS } from '../../cli/run/role-fork.ts';
import type { ApiOrder } from '../baselines/api-process.ts';
import { type ServerProcess, startServerProcess } from '../baselines/start-server.ts';
import type { Bench } from '../bench.ts';
import { atMostShareOf, type Figure } from '../figures/figure.ts';
import { interleaved, samplesOf } from '../figures/interleaved.ts';
import { largeRegistry } from '../system/large-registry.ts';
import { putProcessUnderLoad, warmUp } from '../load/load.ts';
import { warmReads } from './warm-reads.ts';

const CONNECTIONS = 32;
const GOAL = 1.05;
/** Short runs in close alternation, because the difference is small. */
const RUNS = { quick: 7, full: 21 } as const;
const SECONDS = 1;

export async function measureObservedReads(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const start = (isObserved: boolean): Promise<ServerProcess> =>
    startApi(bench, { connection: registry.database.settings, isObserved });
  const [observed, unobserved] = await Promise.all([start(true), start(false)]);
  try {
    const figures: Figure[] = [];
    for (const { line, path, headers = {} } of await warmReads(registry.origin)) {
      bench.say(`${line}, logged and measured`);
      const asked = { paths: [path], headers, connections: CONNECTIONS };
      const load = async ({ origin, processId }: ServerProcess): Promise<number> => {
        const result = await putProcessUnderLoad(processId, { ...asked, origin, seconds: SECONDS });
        return result.microsecondsPerRequest;
      };
      await warmUp({ ...asked, origin: observed.origin });
      await warmUp({ ...asked, origin: unobserved.origin });
      const runs = await interleaved(RUNS[bench.quick ? 'quick' : 'full'], {
        ours: () => load(observed),
        baseline: () => load(unobserved),
      });
      const costs = samplesOf(runs, 'without log and metrics', Number);
      figures.push(
        atMostShareOf({ line: `${line}, logged and measured: CPU time per request`, unit: 'µs', ...costs }, GOAL),
      );
    }
    return figures;
  } finally {
    observed.stop();
    unobserved.stop();
  }
}

/** Starts the API in a process of its own, with the heap limits of `serve`. Its log goes to a file, as in production. */
async function startApi(bench: Bench, order: ApiOrder): Promise<ServerProcess> {
  const log = await open(join(bench.directory, `api-${String(order.isObserved)}.log`), 'w');
  try {
    return await startServerProcess('api-process.ts', order, {
      execArgv: [...HEAP_LIMITS.api],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
  } finally {
    await log.close();
  }
}
