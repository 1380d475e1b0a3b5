/** Sources that read a registry document in a ConfigMap. APIs list them as `kubernetes`. */
import type { z } from 'zod';
import { mapping } from '../../config/schema/mapping.ts';
import { text } from '../../config/schema/scalars.ts';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';
import { isJsonObject } from '../../registry/json.ts';
import {
  accessMembers,
  accessIn,
  accessOf,
  clusterLabel,
  KUBERNETES,
  kubernetesName,
  onlyInFile,
  WATCHED_CLUSTER_INTERVAL_MS,
} from '../cluster/access.ts';
import type { SourceKind } from '../source-kind.ts';
import type { ConfigMapContent } from './document.ts';

export type ConfigMapOrigin = ClusterAccess & {
  readonly kind: typeof KUBERNETES;
  readonly content: { readonly configMap: ConfigMapContent };
};

const configMapSource = mapping({
  name: kubernetesName.describe('Name of the ConfigMap'),
  namespace: kubernetesName
    .exactOptional()
    .describe('Default: the namespace of the context; in a pod the namespace of the pod'),
  key: text.default('registry.json').describe('Key of the registry document. Default `registry.json`'),
  ...accessMembers,
});

type Written = z.output<typeof configMapSource>;

export const configMap: SourceKind<ConfigMapOrigin, Written> = {
  key: 'configMap',
  name: KUBERNETES,
  owns: ({ content }) => isJsonObject(content) && 'configMap' in content,
  schema: configMapSource.describe('Registry document in a Kubernetes ConfigMap, which is watched'),
  defaultIntervalMs: () => WATCHED_CLUSTER_INTERVAL_MS,
  originOf: ({ kubeconfig, context, ...content }, { folder }) => ({
    kind: KUBERNETES,
    ...accessOf({ kubeconfig, context }, folder),
    content: { configMap: content },
  }),
  written: ({ content, ...origin }) => ({ ...accessIn(origin), configMap: content.configMap }),
  label: ({
    content: {
      configMap: { namespace, name },
    },
    ...access
  }) => `${clusterLabel(access)} ConfigMap ${namespace === undefined ? name : `${namespace}/${name}`}`,
  admissionFaults: () => onlyInFile('configMap'),
  isWatched: () => true,
  loadReader: async () => (await import('./document.ts')).reader,
};
