/** Finds the resource of a workflow. */
import { collectionPath, type Place, readObjectAt } from '../../kubernetes/objects.ts';
import { resourceCollection } from '../../operator/objects.ts';
import {
  OWN_GROUP,
  readResource,
  type RegistryResource,
  type ResourceGroup,
  TOOLHIVE_GROUP,
} from '../../operator/resource.ts';
import type { RegistryKey } from '../../workflows/contract/registry.ts';
import type { Reconciliation } from './dependencies.ts';

/** The path of a resource, and what to call it in messages. */
export function resourceAt(group: ResourceGroup, { namespace, name }: RegistryKey): Place {
  const { apiVersion, plural } = resourceCollection(group);
  const path = `${collectionPath(apiVersion, plural, namespace)}/${name}`;
  return { path, what: `the MCPRegistry ${namespace}/${name}` };
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
    const resource = readResource(await readObjectAt(cluster, resourceAt(group, key), signal));
    if (resource !== null) return resource;
  }
  return null;
}
