/**
 * Rollcall 0.1 sent whole definitions through Temporal. This converts its actors, syncs, and messages to their current form: a
 * definition becomes a reference to the one in Postgres.
 */
import { canonicalJson } from '../../registry/canonical-json.ts';
import type { SourceState } from '../contract/source-actor.ts';
import type { SourceReference, SyncInput } from '../contract/syncs.ts';

/** The part of a 0.1 definition that an actor needs. */
export interface EarlierDefinition {
  readonly name: string;
  readonly origin: {
    readonly kind: string;
    /** API sources. */
    readonly fullSyncEveryMs?: number;
    /** Kubernetes sources, which are watched. */
    readonly content?: object;
    /** File sources, which are watched if they have a path. */
    readonly location?: { readonly path?: string };
  };
  readonly syncPolicy: { readonly intervalMs: number | null; readonly deadlineMs: number };
}

export type EarlierState = Omit<SourceState, 'version' | 'source'> & {
  readonly version: 1;
  readonly definition: EarlierDefinition;
};
export type EarlierSyncInput = Omit<SyncInput, 'source'> & { readonly definition: EarlierDefinition };

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

export function currentReference(source: SourceReference | EarlierDefinition): SourceReference {
  if (!('origin' in source)) return source;
  const { name, origin, syncPolicy } = source;
  const { intervalMs, deadlineMs } = syncPolicy;
  const { kind, fullSyncEveryMs, content, location } = origin;
  return {
    name,
    kind,
    fingerprint: CARRIED + carriedFingerprint(source),
    // Housekeeping replaces the reference within minutes, with a better label.
    label: `${kind} source`,
    isWatched: content !== undefined || location?.path !== undefined,
    policy: { intervalMs, deadlineMs, ...(fullSyncEveryMs !== undefined && { fullSyncEveryMs }) },
  };
}

/** Whether the fingerprint is from 0.1, which can't be compared with one from Postgres. */
export function isCarried({ fingerprint }: SourceReference): boolean {
  return fingerprint.startsWith(CARRIED);
}

/** The fingerprint that 0.1 put into an actor's memo. */
function carriedFingerprint(definition: EarlierDefinition): string {
  // FNV-1a, two times 32 bits: the workflow sandbox has no cryptography, and nothing depends on collision resistance.
  let forward = 0x811c9dc5;
  let backward = 0x811c9dc5;
  const text = canonicalJson(definition);
  for (let index = 0; index < text.length; index += 1) {
    forward = Math.imul(forward ^ text.charCodeAt(index), 0x01000193);
    backward = Math.imul(backward ^ text.charCodeAt(text.length - 1 - index), 0x01000193);
  }
  return [forward, backward].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
