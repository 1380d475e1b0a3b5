/** The reference to a definition that is sent to Temporal, where anyone with access to the namespace can read histories. */
import { definitionFingerprint } from '../registry/definition-digest.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import { kindOf } from '../sources/index.ts';
import type { SourceReference } from '../workflows/contract/syncs.ts';

/** Returns the reference to a definition that the source's actor stores. */
export function sourceReference(definition: SourceDefinition): SourceReference {
  const { name, origin, syncPolicy } = definition;
  const { intervalMs, deadlineMs } = syncPolicy;
  const kind = kindOf(origin);
  const fullSyncEveryMs = kind.fullSyncEveryMs?.(origin);
  return {
    name,
    kind: origin.kind,
    fingerprint: definitionFingerprint(definition),
    label: kind.label(origin),
    isWatched: kind.isWatched?.(origin) ?? false,
    policy: { intervalMs, deadlineMs, ...(fullSyncEveryMs !== undefined && { fullSyncEveryMs }) },
  };
}
