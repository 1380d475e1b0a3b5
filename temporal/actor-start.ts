/** Starts actors that aren't running. */
import type { Client } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import {
  PRIORITY,
  SOURCE_WORKFLOW,
  SourceKindAttribute,
  SourceName,
  SourcePhaseAttribute,
  sourceWorkflowId,
} from '../workflows/contract/names.ts';
import type { ActorMemo, SourceState } from '../workflows/contract/source-actor.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { isManaged } from '../registry/source-definition.ts';

const STARTED_WITHIN_MS = 10_000;

/** Starts the actor of a source if it isn't running. */
export type ActorStart = (state: SourceState) => Promise<void>;

export function createActorStart(client: Client, taskQueue: string): ActorStart {
  let missingSearchAttributes: Promise<string[]> | undefined;

  /** Finds the missing search attributes. The result is cached for the process, unless it fails. */
  function findMissingSearchAttributes(): Promise<string[]> {
    missingSearchAttributes ??= ensureSearchAttributes(client).catch((error: unknown) => {
      missingSearchAttributes = undefined;
      throw error;
    });
    return missingSearchAttributes;
  }

  return async (state) => {
    await client.withDeadline(Date.now() + STARTED_WITHIN_MS, async () => {
      const isListed = (await findMissingSearchAttributes()).length === 0;
      await client.workflow.start(SOURCE_WORKFLOW, {
        workflowId: sourceWorkflowId(state.source.name),
        taskQueue,
        args: [state],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        memo: { ...memoOf(state) },
        ...describe(state),
        // Callers wait for its answers, but not for the syncs that its timer starts.
        priority: { priorityKey: isManaged(state.source) ? PRIORITY.write : PRIORITY.requestedSync },
        // An actor started without search attributes never sets them: see workflows/source/visibility.ts.
        ...(isListed && { typedSearchAttributes: searchAttributes(state) }),
      });
    });
  };
}

function memoOf({ source, paused, nextSyncNumber }: SourceState): ActorMemo {
  return { definition: source.fingerprint, paused, lastSync: nextSyncNumber - 1 };
}

function describe({ source: { name, kind } }: SourceState): { staticSummary: string; staticDetails: string } {
  const signal = `temporal workflow signal --workflow-id ${sourceWorkflowId(name)} --name sync`;
  return {
    staticSummary: `Source ${name} (${kind})`,
    staticDetails: isManaged({ kind })
      ? 'Entries are published to this source. Each publication is an update in its history.'
      : `Keeps the entries of this source up to date. To sync it now:\n\n    ${signal}`,
  };
}

function searchAttributes({ source, paused }: SourceState): SearchAttributePair[] {
  return [
    { key: SourceName, value: source.name },
    { key: SourceKindAttribute, value: source.kind },
    { key: SourcePhaseAttribute, value: paused ? 'paused' : 'idle' },
  ];
}
