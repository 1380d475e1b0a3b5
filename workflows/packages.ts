/** Reads the packages that skills and plugins name. Syncs, writes, and housekeeping start it, and don't wait for it. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { readPackages } from './activities.ts';
import type { ReadPackagesInput, ReadPackagesResult } from './contract/activities.ts';
import { packagesWorkflowId, PRIORITY } from './contract/names.ts';
import { toFailure } from './failures.ts';

export async function packages(input: ReadPackagesInput): Promise<ReadPackagesResult> {
  const of = input.sourceName === undefined ? 'all sources' : input.sourceName;
  try {
    return await readPackages.executeWithOptions({ summary: `Read the packages of ${of}` }, [input]);
  } catch (error) {
    throw toFailure(error);
  }
}

/** If packages of the source are being read already, that goes on, and housekeeping reads what it leaves. Never fails. */
export async function startReadingPackages(input: ReadPackagesInput): Promise<void> {
  const { sourceName } = input;
  try {
    await startChild(packages, {
      workflowId: packagesWorkflowId(sourceName),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      priority: { priorityKey: PRIORITY.packages, ...(sourceName !== undefined && { fairnessKey: sourceName }) },
      staticSummary: sourceName === undefined ? 'Packages that are due' : `Packages of ${sourceName}`,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return;
    log.warn("Can't start reading packages; housekeeping does it later", { error });
  }
}
