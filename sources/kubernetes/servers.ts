/** Reads the MCP servers of a cluster: the custom resources that describe them. */
import type { Cluster } from '../../kubernetes/cluster.ts';
import { discover, type ServedResource } from '../../kubernetes/discovery.ts';
import type { JsonObject } from '../../registry/json.ts';
import { seeServer } from '../../registry/kubernetes/sightings.ts';
import type { KubernetesResource } from '../../registry/kubernetes/object.ts';
import type { ClusterContent, ContentCollection } from '../cluster/content.ts';
import { clusterReader } from '../cluster/reader.ts';
import type { KubernetesOrigin } from './index.ts';

export interface ServersContent {
  /** Default: all namespaces. */
  readonly namespaces?: readonly string[];
  /** In the syntax of `kubectl --selector`. */
  readonly labelSelector?: string;
  readonly resources: readonly KubernetesResource[];
}

export const reader = clusterReader<KubernetesOrigin>({ find, hasDeployments: true });

/** Finds out which of the source's resources the cluster has, and in which version. */
async function find(cluster: Cluster, { content }: KubernetesOrigin, signal: AbortSignal): Promise<ClusterContent> {
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
