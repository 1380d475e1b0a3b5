/** Implementation of `operator adopt`: shows what the operator would change, and hands resources to it. */
import { previewAdoption } from '../../activities/registry/adoption.ts';
import { resourceAt } from '../../activities/registry/find-resource.ts';
import { findOtherOperator } from '../../activities/registry/other-operator.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import { listPages } from '../../kubernetes/collection.ts';
import type { ClusterAccess } from '../../kubernetes/kubeconfig.ts';
import { apply, collectionPath } from '../../kubernetes/objects.ts';
import { resourceCollection } from '../../operator/objects.ts';
import {
  MANAGED_LABEL,
  readResource,
  RESOURCE_KIND,
  type RegistryResource,
  TOOLHIVE_GROUP,
} from '../../operator/resource.ts';
import { SpecFault } from '../../operator/spec-fault.ts';
import type { WorkloadDefaults } from '../../operator/workload.ts';

export interface AdoptOptions {
  readonly access: ClusterAccess;
  readonly defaults: WorkloadDefaults;
  /** The namespace of the resources; absent for all namespaces. */
  readonly namespace?: string;
  /** The names of the resources; empty for all resources. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Prints its progress. Returns the number of resources that can't be managed in their current form. */
export async function adoptResources(options: AdoptOptions): Promise<number> {
  const { access, defaults, names, dryRun, signal } = options;
  const cluster = new Cluster(access);
  let faults = 0;
  try {
    const work = { cluster, defaults, signal };
    const resources = (await listResources(cluster, options)).filter(
      ({ name }) => names.length === 0 || names.includes(name),
    );
    if (resources.length === 0) console.log(`No MCPRegistry of ${TOOLHIVE_GROUP} was found`);
    for (const resource of resources) {
      const isFine = await describeAdoption(work, resource);
      if (!isFine) faults += 1;
      else if (!dryRun) await label(cluster, resource, signal);
    }
    const other = resources[0] && (await findOtherOperator(work, resources[0].namespace));
    if (other !== undefined)
      console.log(`\n${other} runs. Nothing is taken over until it is uninstalled, or scaled to 0.`);
    return faults;
  } finally {
    await cluster.close();
  }
}

async function listResources(cluster: Cluster, { namespace, signal }: AdoptOptions): Promise<RegistryResource[]> {
  const { apiVersion, plural } = resourceCollection(TOOLHIVE_GROUP);
  const collection = { path: collectionPath(apiVersion, plural, namespace), what: `${plural}.${TOOLHIVE_GROUP}` };
  const resources: RegistryResource[] = [];
  for await (const { objects } of listPages(cluster, collection, signal)) {
    resources.push(...objects.flatMap((object) => readResource({ ...object, apiVersion }) ?? []));
  }
  return resources;
}

async function describeAdoption(
  work: Parameters<typeof previewAdoption>[0],
  resource: RegistryResource,
): Promise<boolean> {
  console.log(`\nMCPRegistry ${resource.namespace}/${resource.name}`);
  try {
    for (const { kind, name, change, diff } of await previewAdoption(work, resource)) {
      console.log(`  ${kind} ${name}: ${change}`);
      if (change === 'changed') console.log(diff.replaceAll(/^(?=.)/gm, '    '));
    }
    return true;
  } catch (error) {
    if (!(error instanceof SpecFault)) throw error;
    console.log(`  can't be managed: ${error.message}`);
    return false;
  }
}

async function label(cluster: Cluster, resource: RegistryResource, signal: AbortSignal): Promise<void> {
  const { apiVersion } = resourceCollection(resource.group);
  const { namespace, name } = resource;
  await apply(cluster, {
    ...resourceAt(resource.group, resource),
    manifest: { apiVersion, kind: RESOURCE_KIND, metadata: { namespace, name, labels: { [MANAGED_LABEL]: 'true' } } },
    signal,
  });
  console.log(`  labelled: the operator manages it from now on`);
}
