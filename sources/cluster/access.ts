/** The configuration and definition that all kinds with a Kubernetes cluster share. */
import { resolve } from 'node:path';
import { filePath, text } from '../../config/schema/scalars.ts';
import type { AdmissionFault } from '../../outbound/admission.ts';
import { defined } from '../../registry/json.ts';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';

/** The name of these kinds in the database and in APIs. */
export const KUBERNETES = 'kubernetes';
/** A watch reports changes. The interval finds what it missed, and newly installed resources. */
export const WATCHED_CLUSTER_INTERVAL_MS = 5 * 60_000;

export const accessMembers = {
  kubeconfig: filePath.exactOptional().describe('Default: as kubectl finds it; in a pod its service account'),
  context: text.exactOptional().describe('Default: the current context of the kubeconfig'),
};

export const kubernetesName = text.regex(
  /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/,
  'expected a Kubernetes name: lowercase letters, digits, hyphens, and dots',
);

type Written = { readonly [Member in keyof ClusterAccess]: string | undefined };

/** The access from the members of a configured source. Relative paths start at `folder`. */
export function accessOf({ kubeconfig, context }: Written, folder: string): ClusterAccess {
  return accessIn({ kubeconfig: kubeconfig && resolve(folder, kubeconfig), context });
}

/** The members of an origin that concern access. */
export function accessIn({ kubeconfig, context }: Written): ClusterAccess {
  return defined({ kubeconfig, context });
}

export function clusterLabel({ context }: ClusterAccess): string {
  return context === undefined ? 'Kubernetes' : `Kubernetes ${context}`;
}

/** Only the operator can use the server's rights in a cluster. */
export function onlyInFile(key: string): AdmissionFault[] {
  return [
    {
      path: [key],
      message: "reads a cluster with the server's own rights: only the configuration file can define such a source",
    },
  ];
}
