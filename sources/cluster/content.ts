/** The content of a source: objects of a cluster, in one or more collections. */
import type { Cluster } from '../../kubernetes/cluster.ts';
import { type Collection, listPages } from '../../kubernetes/collection.ts';
import type { JsonObject } from '../../registry/json.ts';
import { contentDigest, type SeenDocument, type SeenServer } from '../../registry/kubernetes/sightings.ts';

export type Seen = SeenServer | SeenDocument;

export interface ContentCollection extends Collection {
  /** The part of an object that matters to the source; null if nothing does. */
  readonly see: (object: JsonObject) => Seen | null;
}

export interface ClusterContent {
  readonly collections: readonly ContentCollection[];
  /** Resources to read that aren't installed in the cluster. */
  readonly missing: readonly string[];
}

/** Reads everything, with a digest that changes if the content does. */
export async function digestContent(
  cluster: Cluster,
  { collections, missing }: ClusterContent,
  signal: AbortSignal,
): Promise<string> {
  const seen: Seen[] = [];
  for (const collection of collections) {
    for await (const { objects } of listPages(cluster, collection, signal)) seen.push(...seenIn(collection, objects));
  }
  return contentDigest(seen, missing);
}

export function seenIn({ see }: ContentCollection, objects: readonly JsonObject[]): Seen[] {
  return objects.map(see).filter((seen) => seen !== null);
}

export function deploymentsOf(seen: Iterable<Seen>): SeenServer['deployment'][] {
  return [...seen].flatMap((one) => ('deployment' in one ? [one.deployment] : []));
}
