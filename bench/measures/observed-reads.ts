/** CPU time that the log and the metrics cost: cached reads with and without them, in alternation. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiOrder } from '../baselines/api-process.ts';
import type { Bench } from '../bench.ts';
import { atMostShareOf, type Figure } from '../figures/figure.ts';
import { interleaved } from '../figures/interleaved.ts';
import { largeRegistry } from '../system/large-registry.ts';
import { putProcessUnderLoad, warmUp } from '../load/load.ts';
import { sampleOf } from '../figures/sample.ts';
import { warmReads } from './warm-reads.ts';

const CONNECTIONS = 32;
const GOAL = 1.05;
/** Short runs in close alternation, because the difference is small. */
const RUNS = { quick: 7, full: 21 } as const;
const SECONDS = 1;

export async function measureObservedReads(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const start = (isObserved: boolean): Promise<StartedApi> =>
    startApi(bench, { connection: registry.database.settings, isObserved });
  const [observed, unobserved] = await Promise.all([start(true), start(false)]);
  try {
    const figures: Figure[] = [];
    for (const { line, path, headers = {} } of await warmReads(registry.origin)) {
      bench.say(`${line}, logged and measured`);
      const asked = { paths: [path], headers, connections: CONNECTIONS };
      const load = async ({ origin, processId }: StartedApi): Promise<number> => {
        const result = await putProcessUnderLoad(processId, { ...asked, origin, seconds: SECONDS });
        return result.microsecondsPerRequest;
      };
      await warmUp({ ...asked, origin: observed.origin });
      await warmUp({ ...asked, origin: unobserved.origin });
      const { ours, baseline } = await interleaved(RUNS[bench.quick ? 'quick' : 'full'], {
        ours: () => load(observed),
        baseline: () => load(unobserved),
      });
      const comparison = {
        line: `${line}, logged and measured: CPU time per request`,
        unit: 'µs',
        ours: sampleOf(ours),
        baseline: { what: 'without log and metrics', sample: sampleOf(baseline) },
      } as const;
      figures.push(atMostShareOf(comparison, GOAL));
    }
    return figures;
  } finally {
    observed.stop();
    unobserved.stop();
  }
}

interface StartedApi {
  readonly origin: string;
  readonly processId: number;
  readonly stop: () => void;
}

/** Starts the API in a process of its own. Its log goes to a file, as in production. */
async function startApi(bench: Bench, order: ApiOrder): Promise<StartedApi> {
  const log = await open(join(bench.directory, `api-${String(order.isObserved)}.log`), 'w');
  const child = fork(new URL('../baselines/api-process.ts', import.meta.url), {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  child.send(order);
  const [port] = (await once(child, 'message')) as [number];
  return {
    origin: `http://127.0.0.1:${port}`,
    processId: child.pid!,
    stop: () => {
      child.disconnect();
      void log.close();
    },
  };
}
