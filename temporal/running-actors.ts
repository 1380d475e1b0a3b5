/** Lists running actors without querying them. */
import type { Client } from '@temporalio/client';
import { SOURCE_WORKFLOW, sourceWorkflowId } from '../workflows/contract/names.ts';
import type { ActorMemo } from '../workflows/contract/source-actor.ts';

/**
 * Returns the memos of the actors of this task queue, by source name. The list may be a few seconds old. Memos of
 * actors started by Rollcall 0.1 only contain the definition.
 */
export async function listRunningActors(client: Client, taskQueue: string): Promise<Map<string, Partial<ActorMemo>>> {
  const query = `WorkflowType = '${SOURCE_WORKFLOW}' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;
  const running = new Map<string, Partial<ActorMemo>>();
  for await (const { workflowId, memo } of client.workflow.list({ query })) {
    running.set(workflowId.slice(sourceWorkflowId('').length), memo ?? {});
  }
  return running;
}
