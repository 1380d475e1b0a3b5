/** Gauges of what Temporal knows about workers. The API reports them, so that they are known while no worker runs. */
import type { Workers } from '../temporal/workers.ts';
import { addGauges } from './meter.ts';

/** Several scrapers, or a scrape and a push, share one answer. */
const MAX_AGE_MS = 10_000;

/**
 * Adds the gauges. Returns a function that removes them again.
 *
 * @param findWorkers must answer or throw within seconds
 */
export function addWorkerGauges(findWorkers: () => Promise<Workers>): () => void {
  let known: { readonly answer: Promise<Workers | null>; readonly at: number } | undefined;
  return addGauges(async () => {
    if (known === undefined || Date.now() - known.at > MAX_AGE_MS) {
      known = { answer: findWorkers().catch(() => null), at: Date.now() };
    }
    const workers = await known.answer;
    return [
      {
        name: 'rollcall.temporal.available',
        description: '1 if Temporal answers the API, otherwise 0',
        points: [{ value: workers === null ? 0 : 1 }],
      },
      {
        name: 'rollcall.task_queue.workers',
        description:
          'Workers that asked for tasks of the queue within 75 seconds. Missing while Temporal is unavailable',
        points: (workers?.taskQueues ?? []).map((queue) => ({
          value: queue.workers,
          attributes: { task_queue: queue.name },
        })),
      },
    ];
  });
}
