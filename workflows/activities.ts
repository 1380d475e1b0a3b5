/** The activities, with timeouts and retries as workflow code needs them. */
import {
  ActivityCancellationType,
  proxyActivities,
  workflowInfo,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities, WatchActivities, WriteActivities } from './contract/activities.ts';
import { PRIORITY, requestedTaskQueue, watchTaskQueue, writeTaskQueue } from './contract/names.ts';
import { wasNotStarted } from './failures.ts';

/** How soon the loss of a worker is noticed during a long activity. */
const HEARTBEAT_TIMEOUT = '20 seconds';

/** A check is attempted once: if it fails, a sync finds out why. */
export const { check } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  priority: { priorityKey: PRIORITY.sync },
  retry: { maximumAttempts: 1 },
});

/**
 * A fetch is retried where that can help, and continues where the last attempt stopped. Exceeding the deadline ends the sync: the
 * next one is soon enough.
 */
export function fetchWithin(deadlineMs: number): ActivityInterfaceFor<Pick<Activities, 'fetchSnapshot'>> {
  return proxyActivities<Pick<Activities, 'fetchSnapshot'>>({
    startToCloseTimeout: deadlineMs,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '1 second',
      maximumInterval: '30 seconds',
      maximumAttempts: 4,
      nonRetryableErrorTypes: ['TemporalTimeout:StartToClose'],
    },
  });
}

/** A worker with a free slot takes a task at once. */
const TAKEN_WITHIN = '2 seconds';

/**
 * Runs an activity that a user waits for on the queue of requested syncs. If no worker takes it soon, because all of them are busy
 * with such syncs or of an earlier version, it waits in the main queue, ahead of those that timers started.
 *
 * @param run starts the activity with these options
 */
export async function onRequestedQueue<Result>(
  run: (options: Pick<ActivityOptions, 'taskQueue' | 'scheduleToStartTimeout'>) => Promise<Result>,
): Promise<Result> {
  const { taskQueue } = workflowInfo();
  try {
    return await run({ taskQueue: requestedTaskQueue(taskQueue), scheduleToStartTimeout: TAKEN_WITHIN });
  } catch (error) {
    if (!wasNotStarted(error)) throw error;
    return await run({ taskQueue });
  }
}

/** A user waits for a trial, and can repeat it. */
export function fetchOnce(deadlineMs: number): ActivityInterfaceFor<Pick<Activities, 'fetchSnapshot'>> {
  return proxyActivities<Pick<Activities, 'fetchSnapshot'>>({
    startToCloseTimeout: deadlineMs,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    priority: { priorityKey: PRIORITY.requestedSync },
    retry: { maximumAttempts: 1 },
  });
}

/** One transaction, retried until Postgres is back from a restart. */
export const { applySnapshot } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 6 },
});

/** Retried for long, so that the outcome of a sync is not lost. */
export const { recordFailure } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** How soon the loss of a worker is noticed during a write, which takes milliseconds: before the caller gives up. */
const WRITE_TIMEOUT = '5 seconds';

/**
 * A caller waits for the answer. Older histories without a write queue still replay, because Temporal identifies an activity by
 * its type and sequence number, not by its queue.
 */
export function writeActivities(): ActivityInterfaceFor<Pick<WriteActivities, 'write' | 'recordPause'>> {
  return proxyActivities<Pick<WriteActivities, 'write' | 'recordPause'>>({
    taskQueue: writeTaskQueue(workflowInfo().taskQueue),
    priority: { priorityKey: PRIORITY.write },
    startToCloseTimeout: WRITE_TIMEOUT,
    scheduleToCloseTimeout: '1 minute',
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' },
  });
}

/** Removing many entries takes time. */
export function retireActivities(): ActivityInterfaceFor<Pick<WriteActivities, 'retireSource'>> {
  return proxyActivities<Pick<WriteActivities, 'retireSource'>>({
    taskQueue: writeTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '10 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
}

/** Packages that can't be read now or in time are read after the next housekeeping. */
export const { readPackages } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '1 hour',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '5 seconds', maximumInterval: '1 minute' },
});

/** Work that fails now is repeated at the next housekeeping. */
export const { reconcileSources, purge } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '5 seconds', maximumAttempts: 3 },
});

/** Lasts up to a day; then the actor starts the next one. */
export function watchActivities(): ActivityInterfaceFor<WatchActivities> {
  return proxyActivities<WatchActivities>({
    taskQueue: watchTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '1 day',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { maximumAttempts: 1 },
  });
}
