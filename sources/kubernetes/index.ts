/** Sources of the kind `kubernetes`: the MCP servers that run in a cluster. */
import { z } from 'zod';
import { mapping } from '../../config/schema/mapping.ts';
import { MAX_ITEMS, text, TOO_MANY } from '../../config/schema/scalars.ts';
import type { Surroundings } from '../../config/settings.ts';
import { isJsonObject } from '../../registry/json.ts';
import { KUBERNETES_RESOURCES } from '../../registry/kubernetes/object.ts';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';
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
import type { ServersContent } from './servers.ts';

export type KubernetesOrigin = ClusterAccess & {
  readonly kind: typeof KUBERNETES;
  readonly content: { readonly servers: ServersContent };
};

const kubernetesSource = mapping({
  namespaces: z
    .array(kubernetesName)
    .min(1, 'is empty: leave it out for all namespaces')
    .max(MAX_ITEMS, TOO_MANY)
    .exactOptional()
    .describe('Default: all namespaces'),
  labelSelector: text.exactOptional().describe('In the syntax of `kubectl --selector`, such as `team=search`'),
  resources: z
    .array(z.enum(KUBERNETES_RESOURCES))
    .min(1, 'is empty: leave it out for all of them')
    .max(MAX_ITEMS, TOO_MANY)
    .default([...KUBERNETES_RESOURCES])
    .describe('Custom resources that describe servers. Default: all that are known'),
  ...accessMembers,
});
type Written = z.output<typeof kubernetesSource> | null;

/** The variable for sources that name no namespaces: a comma-separated list, as in ToolHive Registry Server. */
const WATCHED_NAMESPACES = 'THV_REGISTRY_WATCH_NAMESPACE';

export const kubernetes: SourceKind<KubernetesOrigin, Written> = {
  key: 'kubernetes',
  name: KUBERNETES,
  owns: ({ content }) => isJsonObject(content) && 'servers' in content,
  schema: kubernetesSource.nullable().describe('Servers that run in a Kubernetes cluster'),
  withoutFormat: 'a cluster',
  defaultIntervalMs: () => WATCHED_CLUSTER_INTERVAL_MS,
  originOf,
  written: ({ content, ...origin }) => ({ ...accessIn(origin), ...content.servers }),
  label: ({ content, ...access }) =>
    `${clusterLabel(access)} (${content.servers.namespaces?.join(', ') ?? 'all namespaces'})`,
  admissionFaults: () => onlyInFile('kubernetes'),
  isWatched: () => true,
  isAuthoritative: true,
  hasEntryClaims: true,
  loadReader: async () => (await import('./servers.ts')).reader,
};

function originOf(written: Written, { folder, environment }: Surroundings): KubernetesOrigin {
  const { namespaces, labelSelector, resources = KUBERNETES_RESOURCES, ...access } = written ?? {};
  const watched = (environment[WATCHED_NAMESPACES] ?? '').split(',').map((name) => name.trim());
  const named = namespaces ?? watched.filter((name) => name !== '');
  return {
    kind: KUBERNETES,
    ...accessOf(access, folder),
    content: {
      servers: {
        ...(named.length > 0 && { namespaces: [...new Set(named)] }),
        ...(labelSelector !== undefined && { labelSelector }),
        resources: [...new Set(resources)],
      },
    },
  };
}
