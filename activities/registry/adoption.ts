/** Previews the changes if the operator managed a resource, for `rollcall operator adopt`. */
import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { applyObject, getObject, type KubernetesManifest, nameOf } from '../../kubernetes/objects.ts';
import { renderConfiguration } from '../../operator/configuration.ts';
import type { RegistryResource } from '../../operator/resource.ts';
import { SpecFault } from '../../operator/spec-fault.ts';
import { renderWorkload, type WorkloadDefaults } from '../../operator/workload.ts';
import { RollcallError } from '../../registry/failure.ts';
import { isJsonObject, type JsonObject, memberOf } from '../../registry/json.ts';
import { manifestsOf } from './apply-objects.ts';
import type { ClusterWork } from './dependencies.ts';

export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly change: 'created' | 'changed' | 'unchanged';
  /** A unified diff. */
  readonly diff: string;
}

/** Set by the API server. */
const SERVER_FIELDS = ['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp'];
/** Must not be printed. */
const HIDDEN = 'hidden';

/**
 * Compares the objects in the cluster with those that the operator would apply. Changes nothing.
 *
 * @throws SpecFault if the resource, or what it refers to, is at fault
 */
export async function previewAdoption(
  work: ClusterWork & { readonly defaults: WorkloadDefaults },
  resource: RegistryResource,
): Promise<ObjectChange[]> {
  const rendered = renderConfiguration(resource);
  const workload = renderWorkload(resource, rendered, work.defaults);
  const manifests = await manifestsOf(work, { resource, rendered, workload });
  const changes: ObjectChange[] = [];
  for (const manifest of manifests) changes.push(await preview(work, manifest));
  return changes;
}

async function preview({ cluster, signal }: ClusterWork, manifest: KubernetesManifest): Promise<ObjectChange> {
  const { kind, metadata } = manifest;
  const live = await getObject(cluster, nameOf(manifest), signal);
  // A RoleBinding can't be tried without its Role. The Deployment is, for the sake of the pod template.
  if (live === null && kind !== 'Deployment') return { kind, name: metadata.name, change: 'created', diff: '' };
  const applied = await applyObject(cluster, manifest, { signal, dryRun: true }).catch((error: unknown) => {
    if (!(error instanceof RollcallError) || error.type !== 'UpstreamInvalid') throw error;
    throw new SpecFault('Refused', error.message);
  });
  const [before, after] = [live === null ? '' : shown(live), shown(applied)];
  const change = live === null ? 'created' : before === after ? 'unchanged' : 'changed';
  const name = `${kind} ${metadata.name}`;
  const diff = createTwoFilesPatch(name, name, before, after, 'now', 'then', { context: 2 });
  return { kind, name: metadata.name, change, diff };
}

/** The object as YAML, without secrets and without the fields that the API server sets. */
function shown(object: JsonObject): string {
  const { status: _, data, metadata, ...rest } = object;
  const kept = Object.entries(isJsonObject(metadata) ? metadata : {}).filter(([key]) => !SERVER_FIELDS.includes(key));
  const isSecret = object['kind'] === 'Secret';
  const shownData = isSecret
    ? Object.fromEntries(Object.keys(memberOf(object, 'data')).map((key) => [key, HIDDEN]))
    : data;
  return stringify(
    { ...rest, metadata: Object.fromEntries(kept), ...(shownData !== undefined && { data: shownData }) },
    { lineWidth: 0, sortMapEntries: true },
  );
}
