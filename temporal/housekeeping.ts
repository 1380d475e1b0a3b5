/** Schedules housekeeping, and starts it on demand. */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/client';
import { HOUSEKEEPING_SCHEDULE_ID, HOUSEKEEPING_WORKFLOW } from '../workflows/contract/names.ts';

const EVERY = '5 minutes';

/**
 * Creates the schedule if it is missing.
 *
 * @returns whether it was missing, which means that Temporal is new or has lost its data
 */
export async function createHousekeepingSchedule(client: Client, taskQueue: string): Promise<boolean> {
  try {
    await client.schedule.create(housekeepingSchedule(taskQueue));
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

/** Updates a schedule that an earlier version created. Keeps it paused if an operator paused it. */
export async function updateHousekeepingSchedule(client: Client, taskQueue: string): Promise<void> {
  const { spec, policies, action } = housekeepingSchedule(taskQueue);
  const handle = client.schedule.getHandle(HOUSEKEEPING_SCHEDULE_ID);
  await handle.update(({ state }) => ({ spec, policies, action, state }));
}

/**
 * Starts the housekeeping now.
 *
 * @returns false if it is already running. That run may not see the newest state.
 */
export async function startHousekeeping(client: Client, taskQueue: string): Promise<boolean> {
  try {
    await client.workflow.start(HOUSEKEEPING_WORKFLOW, {
      workflowId: `${HOUSEKEEPING_WORKFLOW}/at-start`,
      taskQueue,
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: 'Housekeeping when a worker starts, or the database has changed',
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

function housekeepingSchedule(taskQueue: string): ScheduleOptions & Required<Pick<ScheduleOptions, 'policies'>> {
  return {
    scheduleId: HOUSEKEEPING_SCHEDULE_ID,
    spec: { intervals: [{ every: EVERY }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      workflowType: HOUSEKEEPING_WORKFLOW,
      workflowId: HOUSEKEEPING_WORKFLOW,
      taskQueue,
      workflowExecutionTimeout: '1 hour',
    },
  };
}
