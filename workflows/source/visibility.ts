/** Keeps the search attributes and memos of workflows, by which the Temporal Web UI finds and lists them. */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { patched, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  LastSuccessTime,
  SourceKindAttribute,
  SourceName,
  SourcePhaseAttribute,
  SyncOutcomeAttribute,
} from '../contract/names.ts';
import type { ActorMemo, SourcePhase, SourceState } from '../contract/source-actor.ts';
import type { SyncOutcome } from '../contract/syncs.ts';

/**
 * Whether the cluster has our search attributes. The client that starts an actor finds out and says so, because using an
 * attribute that isn't registered would fail every workflow task.
 */
export function isListed(): boolean {
  return workflowInfo().typedSearchAttributes.get(SourceName) !== undefined;
}

/**
 * Lists what a source is doing. Each change costs an event, so checks aren't listed. A failing source stays listed as failing
 * while it syncs, so that a search for failing sources finds all of them.
 */
export function listSource(state: SourceState, phase: SourcePhase): void {
  const { kind, name } = state.source;
  upsertChanges([
    { key: SourceName, value: name },
    { key: SourceKindAttribute, value: kind },
    ...(phase === 'checking' ? [] : [{ key: SourcePhaseAttribute, value: listedPhase(state, phase) } as const]),
    { key: SyncOutcomeAttribute, value: state.recentSyncs[0]?.outcome ?? null },
    { key: LastSuccessTime, value: state.lastSuccessAt === undefined ? null : new Date(state.lastSuccessAt) },
  ]);
}

function listedPhase({ consecutiveFailures, paused }: SourceState, phase: SourcePhase): SourcePhase {
  const isFailing = phase === 'syncing' && consecutiveFailures > 0 && !paused;
  return isFailing && isListed() && patched('failing-while-syncing') ? 'failing' : phase;
}

/** Lists how a sync ended. */
export function listOutcome(outcome: SyncOutcome): void {
  upsertChanges([{ key: SyncOutcomeAttribute, value: outcome }]);
}

function upsertChanges(pairs: readonly SearchAttributeUpdatePair[]): void {
  if (!isListed()) return;
  const listed = workflowInfo().typedSearchAttributes;
  const changes = pairs.filter(({ key, value }) => listed.get(key)?.valueOf() !== (value?.valueOf() ?? undefined));
  if (changes.length > 0) upsertSearchAttributes(changes);
}

/** The memo of an actor is read by housekeeping, without querying the actor. */
export function noteDefinition(fingerprint: string): void {
  upsertMemo({ definition: fingerprint } satisfies Partial<ActorMemo>);
}

/** Updates the memo of an actor if something changed. 0.1 only recorded definitions. */
export function noteState({ paused, nextSyncNumber }: SourceState): void {
  const noted = workflowInfo().memo as Partial<ActorMemo> | undefined;
  const current = { paused, lastSync: nextSyncNumber - 1 } satisfies Partial<ActorMemo>;
  if (noted?.paused === current.paused && noted.lastSync === current.lastSync) return;
  if (patched('memo-of-state')) upsertMemo(current);
}
