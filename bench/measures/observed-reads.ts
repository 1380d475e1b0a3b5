/** What the log and the metrics cost: cached reads with and without them, in alternation. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiOrder } from '../api-process.ts';
import type { Bench } from '../bench.ts';
import { atLeastShareOf, type Figure } from '../figure.ts';
import { interleaved } from '../interleaved.ts';
import { largeRegistry } from '../large-registry.ts';
import { putUnderLoad } from '../load.ts';
import { warmReads } from './warm-reads.ts';

const CONNECTIONS = 32;
const GOAL = 0.95;

export async function measureObservedReads(bench: Bench): Promise<Figure[]> {
  const registry = await largeRegistry(bench);
  const [observed, unobserved] = await Promise.all(
    [true, false].map((isObserved) => startApi(bench, { connection: registry.database.settings, isObserved })),
  );
  try {
    const figures: Figure[] = [];
    for (const { line, path, headers = {} } of await warmReads(registry.origin)) {
      bench.say(`${line}, logged and measured`);
      const load = async (origin: string): Promise<number> => {
        const seconds = bench.loadSeconds;
        const result = await putUnderLoad({ origin, paths: [path], headers, connections: CONNECTIONS, seconds });
        return result.requestsPerSecond;
      };
      const { ours, baseline } = await interleaved(bench.runs, {
        ours: () => load(observed!.origin),
        baseline: () => load(unobserved!.origin),
      });
      figures.push(
        atLeastShareOf(
          {
            line: `${line}, logged and measured`,
            unit: 'requests/s',
            ours,
            baseline: { what: 'without log and metrics', sample: baseline },
          },
          GOAL,
        ),
      );
    }
    return figures;
  } finally {
    observed?.stop();
    unobserved?.stop();
  }
}

/** Starts the API in a process of its own. Its log goes to a file, as in production. */
async function startApi(
  bench: Bench,
  order: ApiOrder,
): Promise<{ readonly origin: string; readonly stop: () => void }> {
  const log = await open(join(bench.directory, `api-${String(order.isObserved)}.log`), 'w');
  const child = fork(new URL('../api-process.ts', import.meta.url), { stdio: ['ignore', log.fd, log.fd, 'ipc'] });
  child.send(order);
  const [port] = (await once(child, 'message')) as [number];
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () => {
      child.disconnect();
      void log.close();
    },
  };
}
