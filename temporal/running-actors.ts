/** Which actors run, without asking any of them. */
import type { Client } from '@temporalio/client';
import { type ActorMemo, SOURCE_WORKFLOW, sourceWorkflowId } from '../workflows/contract.ts';

/**
 * The actors of this task queue, by the names of their sources, each with its memo. The list may be some seconds old, and
 * actors that Rollcall 0.1 started have noted their definition only.
 */
export async function listRunningActors(client: Client, taskQueue: string): Promise<Map<string, Partial<ActorMemo>>> {
  const query = `WorkflowType = '${SOURCE_WORKFLOW}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
  const running = new Map<string, Partial<ActorMemo>>();
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    running.set(sourceNameOf(workflowId), memo ?? {});
  }
  return running;
}

function sourceNameOf(workflowId: string): string {
  return workflowId.slice(sourceWorkflowId('').length);
}
