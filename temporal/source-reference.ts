/** How Temporal, where everyone with access to the namespace reads histories, is told about a definition. */
import { definitionFingerprint } from '../registry/definition-digest.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import type { SourceReference } from '../workflows/contract.ts';
import { referenceTo } from '../workflows/definition.ts';

/** What the actor of a source with this definition knows about it. */
export function sourceReference(definition: SourceDefinition): SourceReference {
  return referenceTo(definition, definitionFingerprint(definition));
}
