/**
 * Rollcall 0.1 carried whole definitions through Temporal. Actors, syncs and messages of that version are turned into
 * what they are now: a definition becomes a reference to the one in Postgres.
 */
import { canonicalJson } from '../registry/canonical-json.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import type { SourceReference, SourceState, SyncInput } from './contract.ts';
import { referenceTo } from './definition.ts';

export type EarlierState = Omit<SourceState, 'version' | 'source'> & {
  readonly version: 1;
  readonly definition: SourceDefinition;
};
export type EarlierSyncInput = Omit<SyncInput, 'source'> & { readonly definition: SourceDefinition };

const CARRIED = 'carried:';

export function currentState(state: SourceState | EarlierState): SourceState {
  if (!('definition' in state)) return state;
  const { definition, ...rest } = state;
  return { ...rest, version: 2, source: currentReference(definition) };
}

export function currentSyncInput(input: SyncInput | EarlierSyncInput): SyncInput {
  if (!('definition' in input)) return input;
  const { definition, ...rest } = input;
  return { ...rest, source: currentReference(definition) };
}

export function currentReference(source: SourceReference | SourceDefinition): SourceReference {
  return 'origin' in source && 'syncPolicy' in source
    ? referenceTo(source, CARRIED + carriedFingerprint(source))
    : source;
}

/** Whether the fingerprint is one of 0.1, which can't be compared with that of a definition in Postgres. */
export function isCarried({ fingerprint }: SourceReference): boolean {
  return fingerprint.startsWith(CARRIED);
}

/** The fingerprint that 0.1 put into the memo of an actor. */
function carriedFingerprint(definition: SourceDefinition): string {
  // FNV-1a, twice 32 bits: the workflow sandbox has no cryptography, and a collision gains nothing.
  let forward = 0x811c9dc5;
  let backward = 0x811c9dc5;
  const text = canonicalJson(definition);
  for (let index = 0; index < text.length; index += 1) {
    forward = Math.imul(forward ^ text.charCodeAt(index), 0x01000193);
    backward = Math.imul(backward ^ text.charCodeAt(text.length - 1 - index), 0x01000193);
  }
  return [forward, backward].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
