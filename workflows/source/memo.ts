/** The memo of an actor, which housekeeping reads without querying the actor. */
import { patched, upsertMemo, workflowInfo } from '@temporalio/workflow';
import type { ActorMemo, SourceState } from '../contract/source-actor.ts';

export function noteDefinition(fingerprint: string): void {
  upsertMemo({ definition: fingerprint } satisfies Partial<ActorMemo>);
}

/** Updates the memo if something changed. 0.1 only recorded definitions. */
export function noteState({ paused, nextSyncNumber }: SourceState): void {
  const noted = workflowInfo().memo as Partial<ActorMemo> | undefined;
  const current = { paused, lastSync: nextSyncNumber - 1 } satisfies Partial<ActorMemo>;
  if (noted?.paused === current.paused && noted.lastSync === current.lastSync) return;
  if (patched('memo-of-state')) upsertMemo(current);
}
