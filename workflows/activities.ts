/** The activities, with the patience that workflow code has for each. */
import {
  ActivityCancellationType,
  proxyActivities,
  workflowInfo,
  type ActivityInterfaceFor,
} from '@temporalio/workflow';
import type { Activities, WatchActivities, WriteActivities } from './contract.ts';
import { PRIORITY, watchTaskQueue, writeTaskQueue } from './contract.ts';

/** How soon a worker that died in the middle of something long is noticed. */
const HEARTBEAT_TIMEOUT = '20 seconds';

/** A check is one question, asked once: where it fails, a sync finds out why. */
export const { check } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumAttempts: 1 },
});

/**
 * A fetch is tried again where that can help, and goes on where the last attempt got to. Taking longer than the
 * deadline is final: the next sync is soon enough.
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

/** One transaction, tried again until a Postgres that restarts is back. */
export const { applySnapshot } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 6 },
});

/** The last word on a sync is not given up soon. */
export const { recordFailure } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * A caller waits for the answer. Histories of versions that had no write queue are replayed: an activity is recognized
 * by its type and number, whichever queue it is put on.
 */
export function writeActivities(): ActivityInterfaceFor<Pick<WriteActivities, 'write' | 'recordPause'>> {
  return proxyActivities<Pick<WriteActivities, 'write' | 'recordPause'>>({
    taskQueue: writeTaskQueue(workflowInfo().taskQueue),
    priority: { priorityKey: PRIORITY.write },
    startToCloseTimeout: '20 seconds',
    scheduleToCloseTimeout: '1 minute',
    retry: { initialInterval: '200 milliseconds', maximumInterval: '5 seconds' },
  });
}

/** Removing many entries takes a while. */
export function retireActivities(): ActivityInterfaceFor<Pick<WriteActivities, 'retireSource'>> {
  return proxyActivities<Pick<WriteActivities, 'retireSource'>>({
    taskQueue: writeTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '10 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
}

/** What is not done now is done at the next housekeeping. */
export const { reconcileSources, purge } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '5 seconds', maximumAttempts: 3 },
});

/** Lasts up to a day; the actor starts the next one itself. */
export function watchActivities(): ActivityInterfaceFor<WatchActivities> {
  return proxyActivities<WatchActivities>({
    taskQueue: watchTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '1 day',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { maximumAttempts: 1 },
  });
}
