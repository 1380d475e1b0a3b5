/** Reads a registry document in a ConfigMap. */
import type { Cluster } from '../../kubernetes/cluster.ts';
import { RollcallError } from '../../registry/failure.ts';
import { seeDocument } from '../../registry/kubernetes/sightings.ts';
import type { ContentCollection } from '../cluster/content.ts';
import { clusterReader } from '../cluster/reader.ts';
import type { ConfigMapOrigin } from './index.ts';

export interface ConfigMapContent {
  readonly name: string;
  /** Default: the namespace of the context; in a pod, the pod's. */
  readonly namespace?: string;
  readonly key: string;
}

export const reader = clusterReader<ConfigMapOrigin>({
  find: async (cluster, { content }) => ({ collections: [collectionOf(cluster, content.configMap)], missing: [] }),
  empty: ({ collections }, { content }) => {
    const what = collections.map((collection) => collection.what).join();
    return new RollcallError('UpstreamNotFound', `${what} doesn't exist, or has no key ${content.configMap.key}`);
  },
});

/** Lists by name, so that a role can be limited to that name. */
function collectionOf(cluster: Cluster, { name, namespace, key }: ConfigMapContent): ContentCollection {
  const where = namespace ?? cluster.defaultNamespace;
  return {
    path: `/api/v1/namespaces/${where}/configmaps`,
    query: { fieldSelector: `metadata.name=${name}` },
    what: `the ConfigMap ${name} in the namespace ${where}`,
    see: (object) => seeDocument(object, key),
  };
}
