/** Finds out which resources a cluster has, and which version of them to request. */
import { type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';
import type { KubernetesResource } from '../registry/kubernetes/object.ts';
import type { Cluster } from './cluster.ts';
import { readObjectAt } from './objects.ts';

export interface ServedResource {
  readonly resource: KubernetesResource;
  /** `mcpservers` */
  readonly plural: string;
  /** `/apis/toolhive.stacklok.dev/v1beta1` */
  readonly path: string;
}

export interface Discovery {
  readonly served: readonly ServedResource[];
  /** Resources that aren't installed. */
  readonly missing: readonly KubernetesResource[];
}

/**
 * Looks up each resource in its group's versions, the preferred one first. A server that is still starting is not trusted: it
 * doesn't know its custom resources yet.
 */
export async function discover(
  cluster: Cluster,
  resources: readonly KubernetesResource[],
  signal: AbortSignal,
): Promise<Discovery> {
  await cluster.assertReady(signal);
  const served: ServedResource[] = [];
  for (const group of new Set(resources.map(groupOf))) {
    const wanted = resources.filter((resource) => groupOf(resource) === group);
    served.push(...(await discoverGroup(cluster, { group, wanted, signal })));
  }
  return {
    served,
    missing: resources.filter((resource) => !served.some((one) => one.resource === resource)),
  };
}

interface Group {
  readonly group: string;
  readonly wanted: readonly KubernetesResource[];
  readonly signal: AbortSignal;
}

async function discoverGroup(cluster: Cluster, { group, wanted, signal }: Group): Promise<ServedResource[]> {
  const found = new Map<KubernetesResource, ServedResource>();
  for (const version of await versionsOf(cluster, group, signal)) {
    const path = `/apis/${group}/${version}`;
    const plurals = new Set(await namesAt(cluster, path, signal));
    for (const resource of wanted) {
      const plural = resource.slice(0, resource.indexOf('.'));
      if (plurals.has(plural) && !found.has(resource)) found.set(resource, { resource, plural, path });
    }
    if (found.size === wanted.length) break;
  }
  return [...found.values()];
}

/** The versions of a group, the preferred one first; empty if the group isn't installed. */
async function versionsOf(cluster: Cluster, group: string, signal: AbortSignal): Promise<string[]> {
  const answer = await readAt(cluster, `/apis/${group}`, signal);
  const preferred = memberOf(answer, 'preferredVersion');
  const names = [preferred, ...objectsOf(answer?.['versions'])]
    .map(({ version }) => textOf(version))
    .filter((name) => name !== undefined);
  return [...new Set(names)];
}

async function namesAt(cluster: Cluster, path: string, signal: AbortSignal): Promise<string[]> {
  const answer = await readAt(cluster, path, signal);
  return objectsOf(answer?.['resources']).map(({ name }) => textOf(name) ?? '');
}

async function readAt(cluster: Cluster, path: string, signal: AbortSignal): Promise<JsonObject | null> {
  return await readObjectAt(cluster, { path, what: `anything at ${path}` }, signal);
}

function groupOf(resource: KubernetesResource): string {
  return resource.slice(resource.indexOf('.') + 1);
}
