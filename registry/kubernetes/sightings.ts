/** The parts of cluster objects that affect the entries of a source. */
import { createHash } from 'node:crypto';
import { type Claims, sameClaims } from '../claims.ts';
import { draftDigest, type DraftOutcome } from '../document/draft.ts';
import type { JsonObject } from '../json.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { type KubernetesResource, readObject } from './object.ts';
import { isExported, serverFromObject, serverNameOf } from './server.ts';

export interface Sighting {
  /** Identifies an object within the source. */
  readonly key: string;
  /** Changes whenever the source would have different entries. */
  readonly fingerprint: string;
}

export interface SeenServer extends Sighting {
  readonly outcome: DraftOutcome;
  readonly deployment: Deployment;
}

export interface SeenDocument extends Sighting {
  readonly document: Buffer;
}

/** Returns null for an object that isn't exported. */
export function seeServer(resource: KubernetesResource, json: JsonObject): SeenServer | null {
  const object = readObject(resource, json);
  if (object === null || !isExported(object)) return null;
  const outcome = serverFromObject(object);
  return {
    key: `${resource}/${object.namespace}/${object.name}`,
    fingerprint: 'draft' in outcome ? draftDigest(outcome.draft).toString('hex') : outcome.rejection.reason,
    outcome,
    deployment: deploymentOf(object, serverNameOf(object)),
  };
}

/** Returns the document in a ConfigMap, or null if it doesn't have the key. */
export function seeDocument(configMap: JsonObject, key: string): SeenDocument | null {
  const { data, binaryData } = configMap as { data?: Record<string, string>; binaryData?: Record<string, string> };
  const text = data?.[key];
  const binary = binaryData?.[key];
  if (text === undefined && binary === undefined) return null;
  const document = text === undefined ? Buffer.from(binary ?? '', 'base64') : Buffer.from(text);
  return { key, fingerprint: createHash('sha256').update(document).digest('hex'), document };
}

/** Digest of a set of observations, independent of their order. */
export function contentDigest(seen: Iterable<Sighting>, missing: readonly string[]): string {
  const lines = [...seen].map(({ key, fingerprint }) => `${key} ${fingerprint}`).toSorted();
  return createHash('sha256')
    .update(JSON.stringify([lines, missing.toSorted()]))
    .digest('hex');
}

/**
 * Claims apply to a name, and objects of different kinds can have the same name. The claims of the first object apply.
 * An object with other claims is rejected, because serving both would show one of them to unintended readers.
 */
export class ClaimsOfNames {
  readonly #claims = new Map<string, Claims>();

  agree(outcome: DraftOutcome): DraftOutcome {
    if ('rejection' in outcome) return outcome;
    const { name, version, claims = {} } = outcome.draft;
    const first = this.#claims.get(name) ?? claims;
    this.#claims.set(name, first);
    if (sameClaims(first, claims)) return outcome;
    const reason =
      'another object with this name has different claims in its annotation authz-claims; the first object is used';
    return { rejection: { name, version, reason } };
  }
}
