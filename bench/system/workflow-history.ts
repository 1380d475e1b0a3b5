/** Times of activities and timers, read from workflow histories. */
import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface ActivityTimes {
  /** Milliseconds from the start on a worker to the end. */
  readonly executedMs: number;
  /** The start on a worker, in milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** Completed activities of one type in the last run of a workflow, in order. */
export async function activityTimes(client: Client, workflowId: string, type: string): Promise<ActivityTimes[]> {
  const events = await historyOf(client, workflowId);
  const started = new Map(
    events.map((event) => [String(event.activityTaskStartedEventAttributes?.scheduledEventId), event]),
  );
  const completed = new Map(
    events.map((event) => [String(event.activityTaskCompletedEventAttributes?.scheduledEventId), event]),
  );
  return events
    .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === type)
    .flatMap(({ eventId }) => {
      const [start, end] = [started.get(String(eventId)), completed.get(String(eventId))];
      if (start === undefined || end === undefined) return [];
      const startedAtMs = tsToMs(start.eventTime);
      return [{ startedAtMs, executedMs: tsToMs(end.eventTime) - startedAtMs }];
    });
}

/**
 * The lateness of each cycle of a source: from the time its timer was due until a worker started the cycle's first
 * activity.
 */
export async function lateness(client: Client, workflowId: string): Promise<number[]> {
  const events = await historyOf(client, workflowId);
  const late: number[] = [];
  let due: number | undefined;
  const timers = new Map<string, number>();
  const activitiesOfTimers = new Map<string, number>();
  for (const event of events) {
    const { timerStartedEventAttributes: timer, timerFiredEventAttributes: fired } = event;
    if (timer) timers.set(timer.timerId!, tsToMs(event.eventTime) + tsToMs(timer.startToFireTimeout));
    if (fired) due = timers.get(fired.timerId!);
    if (event.activityTaskScheduledEventAttributes && due !== undefined) {
      activitiesOfTimers.set(String(event.eventId), due);
      due = undefined;
    }
    const start = event.activityTaskStartedEventAttributes;
    const wasDue = start ? activitiesOfTimers.get(String(start.scheduledEventId)) : undefined;
    if (wasDue !== undefined) late.push(tsToMs(event.eventTime) - wasDue);
  }
  return late;
}

async function historyOf(client: Client, workflowId: string): Promise<readonly HistoryEvent[]> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  return history.events ?? [];
}
