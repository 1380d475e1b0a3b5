/** Finds the resource of a workflow, and decides whether the operator manages it. */
import { collectionPath, readObjectAt } from '../../kubernetes/objects.ts';
import { resourceCollection } from '../../operator/objects.ts';
import {
  MANAGED_LABEL,
  OWN_GROUP,
  readResource,
  type RegistryKey,
  type RegistryResource,
  type ResourceGroup,
  TOOLHIVE_GROUP,
} from '../../operator/resource.ts';
import type { OperatorDependencies, Reconciliation } from './dependencies.ts';

export function resourcePath(group: ResourceGroup, { namespace, name }: RegistryKey): string {
  const { apiVersion, plural } = resourceCollection(group);
  return `${collectionPath(apiVersion, plural, namespace)}/${name}`;
}

/**
 * The resource of the operator's own group, or else the one of ToolHive's group. Both would have the same objects, so the
 * first one has them.
 */
export async function findResource(
  { cluster, signal }: Reconciliation,
  key: RegistryKey,
): Promise<RegistryResource | null> {
  for (const group of [OWN_GROUP, TOOLHIVE_GROUP] as const) {
    const what = `the MCPRegistry ${key.namespace}/${key.name}`;
    const object = await readObjectAt(cluster, { path: resourcePath(group, key), what }, signal);
    const resource = readResource(object);
    if (resource !== null) return resource;
  }
  return null;
}

/** Resources of ToolHive's group are managed only if their owner, or the operator's administrator, says so. */
export function isManaged(
  { group, labels }: Pick<RegistryResource, 'group' | 'labels'>,
  { managesAll }: Pick<OperatorDependencies, 'managesAll'>,
): boolean {
  return group === OWN_GROUP || managesAll || labels[MANAGED_LABEL] === 'true';
}
