/**
 * Watches the workers that Temporal knows, for the log and for gauges. The API does this, so that it works while no
 * worker runs.
 */
import type { Logger } from 'pino';
import type { Workers } from '../temporal/workers.ts';
import type { Gauge } from './gauges.ts';
import { addGauges } from './meter.ts';

const INTERVAL_MS = 15_000;

export interface WorkerWatchOptions {
  /** Must answer or throw within seconds. */
  readonly findWorkers: () => Promise<Workers>;
  /** Describes an error of `findWorkers` in one sentence: the problem, and the setting to change. */
  readonly describe: (error: unknown) => Promise<string>;
  readonly logger: Logger;
}

type Finding = { readonly workers: Workers } | { readonly failure: string };

/** Asks every 15 seconds, and logs what changes. Returns a function that ends the watch and removes the gauges. */
export function watchWorkers({ findWorkers, describe, logger }: WorkerWatchOptions): () => void {
  let known: Finding | undefined;
  let before = '';
  let told = '';
  const ask = async (): Promise<void> => {
    const found: Finding = await findWorkers().then(
      (workers) => ({ workers }),
      async (error: unknown) => ({ failure: await describe(error) }),
    );
    known = found;
    const problem = problemOf(found);
    // At startup, workers begin to poll a moment after the API asks.
    const isSettled = 'failure' in found || problem === before;
    before = problem;
    if (problem === told || !isSettled) return;
    if (problem !== '') logger.warn(problem);
    else if (told !== '') logger.info('Workers poll the task queues again');
    told = problem;
  };
  void ask();
  const timer = setInterval(() => void ask(), INTERVAL_MS);
  const remove = addGauges(() => (known === undefined ? [] : gaugesOf(known)));
  return () => {
    clearInterval(timer);
    remove();
  };
}

/** Describes the problem; empty if there is none. */
function problemOf(found: Finding): string {
  if ('failure' in found) return `Nothing is synced or published: ${found.failure}`;
  const idle = found.workers.taskQueues.filter(({ workers }) => workers === 0).map(({ name }) => name);
  return idle.length === 0 ? '' : `Nothing is synced or published: no worker polls ${idle.join(', ')}`;
}

function gaugesOf(found: Finding): Gauge[] {
  return [
    {
      name: 'rollcall.temporal.available',
      description: '1 if Temporal answers the API, otherwise 0',
      points: [{ value: 'failure' in found ? 0 : 1 }],
    },
    {
      name: 'rollcall.task_queue.workers',
      description: 'Workers that asked for tasks of the queue within 75 seconds. Missing while Temporal is unavailable',
      points: ('failure' in found ? [] : found.workers.taskQueues).map(({ name, workers }) => ({
        value: workers,
        attributes: { task_queue: name },
      })),
    },
  ];
}
