/** What a source sees in a cluster: of each object only what makes a difference to it. */
import { createHash } from 'node:crypto';
import { type Claims, sameClaims } from './claims.ts';
import { draftDigest, type DraftOutcome } from './draft.ts';
import type { JsonObject } from './json.ts';
import { type Deployment, deploymentOf } from './kubernetes-deployment.ts';
import { readObject } from './kubernetes-object.ts';
import { isExported, serverFromObject, serverNameOf } from './kubernetes-server.ts';
import type { KubernetesResource } from './kubernetes-object.ts';

export interface Sighting {
  /** Tells one object of the source from another. */
  readonly key: string;
  /** Differs where the source would have other entries. */
  readonly fingerprint: string;
}

export interface SeenServer extends Sighting {
  readonly outcome: DraftOutcome;
  readonly deployment: Deployment;
}

export interface SeenDocument extends Sighting {
  readonly document: Buffer;
}

/** @returns null for an object that is not exported */
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

/** The document in a ConfigMap; null where it has no such key. */
export function seeDocument(configMap: JsonObject, key: string): SeenDocument | null {
  const { data, binaryData } = configMap as { data?: Record<string, string>; binaryData?: Record<string, string> };
  const text = data?.[key];
  const binary = binaryData?.[key];
  if (text === undefined && binary === undefined) return null;
  const document = text === undefined ? Buffer.from(binary ?? '', 'base64') : Buffer.from(text);
  return { key, fingerprint: createHash('sha256').update(document).digest('hex'), document };
}

/** Equal for two looks that saw the same, in whatever order. */
export function contentDigest(seen: Iterable<Sighting>, missing: readonly string[]): string {
  const lines = [...seen].map(({ key, fingerprint }) => `${key} ${fingerprint}`).toSorted();
  return createHash('sha256')
    .update(JSON.stringify([lines, missing.toSorted()]))
    .digest('hex');
}

/**
 * Claims belong to a name, and two objects of different kinds may have the same name. The first one says who may see it;
 * another that says otherwise can't be shown without showing one of the two to more people than was meant.
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
      'another object of this name has other claims in its annotation authz-claims; the first one is taken';
    return { rejection: { name, version, reason } };
  }
}
