/** Finds the workers that poll Temporal. Without one, nothing is synced or written, although all reads work. */
import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import { taskQueuesOf } from '../workflows/contract/names.ts';

// Node finds no named exports in this package.
const { TaskQueueType } = proto.temporal.api.enums.v1;

export interface Workers {
  /** The task queues of a worker. */
  readonly taskQueues: readonly {
    readonly name: string;
    /** Workers that polled recently. */
    readonly workers: number;
  }[];
  /** The workers, ordered by identity. */
  readonly workers: readonly WorkerPoller[];
}

interface WorkerPoller {
  /** Process id and host name, and the version of the worker: `4711@host rollcall/1.2.0`. */
  readonly identity: string;
  readonly version: string | null;
  /** Time of the last poll (RFC 3339). */
  readonly lastPollAt: string;
}

/**
 * Workers ask again after a minute at the latest. Temporal lists a worker for five minutes after it has asked for the
 * last time.
 */
const POLLED_WITHIN_MS = 75_000;
const ANSWERED_WITHIN_MS = 2_000;

/** The identity of a worker of this version, by which `findWorkers` knows the version. */
export function workerIdentity(process: { readonly id: number; readonly host: string }, version: string): string {
  return `${process.id}@${process.host} rollcall/${version}`;
}

/** @throws Error if Temporal doesn't answer within two seconds */
export async function findWorkers(client: Client, taskQueue: string): Promise<Workers> {
  const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = TaskQueueType;
  const queues = taskQueuesOf(taskQueue).map((name) => ({
    name,
    types: [TASK_QUEUE_TYPE_ACTIVITY, ...(name === taskQueue ? [TASK_QUEUE_TYPE_WORKFLOW] : [])],
  }));
  const found = await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () =>
    Promise.all(
      queues.map(async ({ name, types }) => ({
        name,
        pollers: await Promise.all(types.map((type) => pollersOf(client, name, type))),
      })),
    ),
  );
  const workers = new Map<string, number>();
  for (const { identity, lastPollMs } of found.flatMap(({ pollers }) => pollers.flat())) {
    workers.set(identity, Math.max(lastPollMs, workers.get(identity) ?? 0));
  }
  return {
    // A worker that only asks for one of two types of tasks doesn't count.
    taskQueues: found.map(({ name, pollers }) => ({ name, workers: Math.min(...pollers.map((list) => list.length)) })),
    workers: [...workers]
      .map(([identity, lastPollMs]) => ({
        identity,
        version: / rollcall\/(\S+)$/.exec(identity)?.[1] ?? null,
        lastPollAt: new Date(lastPollMs).toISOString(),
      }))
      .sort((one, other) => one.identity.localeCompare(other.identity)),
  };
}

async function pollersOf(
  client: Client,
  name: string,
  taskQueueType: temporal.api.enums.v1.TaskQueueType,
): Promise<{ readonly identity: string; readonly lastPollMs: number }[]> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  const since = Date.now() - POLLED_WITHIN_MS;
  return (pollers ?? [])
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      lastPollMs: lastAccessTime ? tsToMs(lastAccessTime) : 0,
    }))
    .filter(({ lastPollMs }) => lastPollMs >= since);
}
