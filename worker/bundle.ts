/** The workflows as one script, which runs in a sandbox of the worker. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import type { Logger } from '@temporalio/worker';
import type { Telemetry } from '../temporal/telemetry.ts';

/** Takes one to two seconds. */
export async function bundleWorkflows(telemetry: Telemetry, logger?: Logger): Promise<WorkflowBundle> {
  return await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    plugins: [telemetry.plugin],
    ...(logger !== undefined && { logger }),
  });
}
