/** States and definitions of sources for tests. */
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { sourceReference } from '../../temporal/source-reference.ts';
import type { SourceState } from '../../workflows/contract/source-actor.ts';

/** A source that is due once a minute. */
export function gitSource(name: string): SourceDefinition {
  return {
    name,
    origin: { kind: 'git', repository: 'https://git.example/servers.git', path: 'registry.json' },
    syncPolicy: { intervalMs: 60_000, maxRemoval: 0.5, deadlineMs: 60_000 },
  };
}

export const MANAGED = {
  origin: { kind: 'managed' },
  syncPolicy: { intervalMs: null, maxRemoval: 0.5, deadlineMs: 60_000 },
} as const;

export function newState(definition: SourceDefinition): SourceState {
  return {
    version: 2,
    source: sourceReference(definition),
    nextSyncNumber: 1,
    cycle: 0,
    paused: false,
    consecutiveFailures: 0,
    recentSyncs: [],
  };
}
