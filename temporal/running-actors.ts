/** Which actors run, without asking any of them. */
import type { Client } from '@temporalio/client';
import { DEFINITION_MEMO, SOURCE_WORKFLOW, sourceWorkflowId } from '../workflows/contract.ts';

/**
 * The actors of this task queue, by the names of their sources, each with the fingerprint of its definition. The list
 * may be some seconds old.
 */
export async function listRunningActors(client: Client, taskQueue: string): Promise<Map<string, string | undefined>> {
  const query = `WorkflowType = '${SOURCE_WORKFLOW}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
  const running = new Map<string, string | undefined>();
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    const definition = memo?.[DEFINITION_MEMO];
    running.set(sourceNameOf(workflowId), typeof definition === 'string' ? definition : undefined);
  }
  return running;
}

function sourceNameOf(workflowId: string): string {
  return workflowId.slice(sourceWorkflowId('').length);
}
