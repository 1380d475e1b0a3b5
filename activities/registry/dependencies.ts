import type { Cluster } from '../../kubernetes/cluster.ts';
import type { WorkloadDefaults } from '../../operator/workload.ts';
import type { RegistrySources } from '../../temporal/registries.ts';

export interface OperatorDependencies {
  readonly cluster: Cluster;
  readonly sources: RegistrySources;
  readonly defaults: WorkloadDefaults;
  /** Whether all resources of ToolHive's group are managed, not only those with the label. */
  readonly managesAll: boolean;
}

/** Access to the cluster and to Temporal. */
export type ClusterWork = Pick<Reconciliation, 'cluster' | 'signal'>;

export interface Reconciliation extends OperatorDependencies {
  readonly signal: AbortSignal;
  /** Created and changed objects, as text. */
  readonly changes: string[];
}
