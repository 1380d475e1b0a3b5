/** Which objects of a cluster a source consists of. */
import type { Cluster } from '../../kubernetes/cluster.ts';
import { type Collection, listPages } from '../../kubernetes/collection.ts';
import { discover, type ServedResource } from '../../kubernetes/discovery.ts';
import type { JsonObject } from '../../registry/json.ts';
import {
  contentDigest,
  seeDocument,
  type SeenDocument,
  seeServer,
  type SeenServer,
} from '../../registry/kubernetes-export.ts';
import type { KubernetesOrigin, KubernetesResource } from '../../registry/source-definition.ts';

type Content = KubernetesOrigin['content'];
type ServersContent = Extract<Content, { readonly servers: unknown }>['servers'];
type ConfigMapContent = Extract<Content, { readonly configMap: unknown }>['configMap'];

export type Seen = SeenServer | SeenDocument;

export interface ContentCollection extends Collection {
  /** What of an object matters to the source; null where nothing does. */
  readonly see: (object: JsonObject) => Seen | null;
}

export interface ClusterContent {
  readonly collections: readonly ContentCollection[];
  /** Resources that are to be read and are not installed in the cluster. */
  readonly missing: readonly KubernetesResource[];
}

/** Asks the cluster which of the source's resources it has, and in which version. */
export async function findContent(cluster: Cluster, content: Content, signal: AbortSignal): Promise<ClusterContent> {
  if ('configMap' in content) return { collections: [configMapCollection(cluster, content.configMap)], missing: [] };
  const { served, missing } = await discover(cluster, content.servers.resources, signal);
  return { collections: served.flatMap((resource) => serverCollections(resource, content.servers)), missing };
}

function serverCollections({ resource, path, plural }: ServedResource, content: ServersContent): ContentCollection[] {
  const shared = {
    query: { labelSelector: content.labelSelector },
    see: (object: JsonObject) => seeServer(resource, object),
  };
  if (content.namespaces === undefined) {
    return [{ ...shared, path: `${path}/${plural}`, what: `${resource} in all namespaces` }];
  }
  return content.namespaces.map((namespace) => ({
    ...shared,
    path: `${path}/namespaces/${namespace}/${plural}`,
    what: `${resource} in the namespace ${namespace}`,
  }));
}

/** Listed by its name, which a role may be narrowed down to as well. */
function configMapCollection(cluster: Cluster, { name, namespace, key }: ConfigMapContent): ContentCollection {
  const where = namespace ?? cluster.defaultNamespace;
  return {
    path: `/api/v1/namespaces/${where}/configmaps`,
    query: { fieldSelector: `metadata.name=${name}` },
    what: `the ConfigMap ${name} in the namespace ${where}`,
    see: (object) => seeDocument(object, key),
  };
}

/** Reads everything, and tells it from what was read at another time. */
export async function digestContent(cluster: Cluster, content: Content, signal: AbortSignal): Promise<string> {
  const { collections, missing } = await findContent(cluster, content, signal);
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
