/** Single objects of a cluster: read, applied, changed, and deleted. */
import { RollcallError } from '../registry/failure.ts';
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';
import type { Cluster } from './cluster.ts';

/** Identifies an object, as the head of its manifest does. */
export interface ObjectName {
  /** `apps/v1`, `v1` */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A complete manifest of an object. */
export type KubernetesManifest = JsonObject & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonObject & { readonly namespace: string; readonly name: string };
};

/** Owner of the fields that Rollcall applies. */
const FIELD_MANAGER = 'rollcall-operator';

/** The path of a resource's objects in a namespace, or in all namespaces. */
export function collectionPath(apiVersion: string, plural: string, namespace?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

/** The location of an object. */
export interface Place {
  readonly path: string;
  /** The name of the object in messages: `the Deployment team-a/weather`. */
  readonly what: string;
}

/** The location of an object whose kind has a plural that ends with `s`. */
function placeOf({ apiVersion, kind, namespace, name }: ObjectName): Place {
  const plural = `${kind.toLowerCase()}s`;
  const path = `${collectionPath(apiVersion, plural, namespace)}/${encodeURIComponent(name)}`;
  return { path, what: `the ${kind} ${namespace}/${name}` };
}

export function nameOf({ apiVersion, kind, metadata: { namespace, name } }: KubernetesManifest): ObjectName {
  return { apiVersion, kind, namespace, name };
}

/** Reads an object. Returns null if the object or the resource doesn't exist. */
export async function readObjectAt(
  cluster: Cluster,
  { path, what }: Place,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  try {
    const object = await cluster.request({ path, what, signal });
    return isJsonObject(object) ? object : null;
  } catch (error) {
    if (error instanceof RollcallError && error.type === 'UpstreamNotFound') return null;
    throw error;
  }
}

/** Reads an object by its name. Returns null if it doesn't exist. */
export async function getObject(cluster: Cluster, name: ObjectName, signal: AbortSignal): Promise<JsonObject | null> {
  return await readObjectAt(cluster, placeOf(name), signal);
}

/**
 * Server-side apply: sets the fields of the manifest, and removes those that an earlier manifest had. With `dryRun` it
 * only validates the manifest.
 *
 * @throws ObjectRefused if the manifest is invalid, also for fields that the API server doesn't know
 */
export async function applyObject(
  cluster: Cluster,
  manifest: KubernetesManifest,
  { signal, dryRun = false }: { readonly signal: AbortSignal; readonly dryRun?: boolean },
): Promise<JsonObject> {
  return await apply(cluster, { ...placeOf(nameOf(manifest)), manifest, dryRun, signal });
}

/** Applies to any path, such as the status of a custom resource. */
export async function apply(
  cluster: Cluster,
  {
    path,
    what,
    manifest,
    dryRun = false,
    signal,
  }: Place & { readonly manifest: JsonObject; readonly dryRun?: boolean; readonly signal: AbortSignal },
): Promise<JsonObject> {
  const applied = await cluster.request({
    method: 'PATCH',
    path,
    what,
    query: {
      fieldManager: FIELD_MANAGER,
      force: 'true',
      fieldValidation: 'Strict',
      ...(dryRun && { dryRun: 'All' }),
    },
    content: { json: manifest, type: 'application/apply-patch+yaml' },
    signal,
  });
  return isJsonObject(applied) ? applied : {};
}

/** A JSON patch (RFC 6902). */
export async function patchAt(
  cluster: Cluster,
  { path, what }: Place,
  { operations, signal }: { readonly operations: readonly object[]; readonly signal: AbortSignal },
): Promise<void> {
  const content = { json: operations, type: 'application/json-patch+json' };
  await cluster.request({ method: 'PATCH', path, what, query: { fieldManager: FIELD_MANAGER }, content, signal });
}

export async function deleteObject(cluster: Cluster, name: ObjectName, signal: AbortSignal): Promise<void> {
  try {
    await cluster.request({ method: 'DELETE', ...placeOf(name), signal });
  } catch (error) {
    if (!(error instanceof RollcallError) || error.type !== 'UpstreamNotFound') throw error;
  }
}

/** The version of an object, which changes with every change; empty if it has none. */
export function resourceVersionOf(object: unknown): string {
  return textOf(memberOf(object, 'metadata')['resourceVersion']) ?? '';
}

/** Identifies an object in its collection. */
export function keyOf(object: JsonObject): string {
  const { namespace, name } = memberOf(object, 'metadata');
  return `${String(namespace)}/${String(name)}`;
}

/** Hands the fields that other managers set by updates over to Rollcall, so that its next apply replaces them. */
export async function takeOverFields(cluster: Cluster, live: JsonObject, signal: AbortSignal): Promise<void> {
  const metadata = memberOf(live, 'metadata');
  const managers = objectsOf(metadata['managedFields']);
  const isTaken = (entry: JsonObject): boolean => entry['operation'] === 'Update' && entry['subresource'] === undefined;
  const taken = managers.filter(isTaken);
  if (taken.length === 0) return;
  const fields = taken.map((entry) => memberOf(entry, 'fieldsV1')).reduce(mergeFields, {});
  // The number of replicas keeps its value, without an owner: an autoscaler or a person may have set it.
  const spec = fields['f:spec'];
  if (isJsonObject(spec)) delete spec['f:replicas'];
  const { apiVersion, fieldsType, time } = taken[0] ?? {};
  const ours = { manager: FIELD_MANAGER, operation: 'Apply', apiVersion, time, fieldsType, fieldsV1: fields };
  const place = placeOf({
    apiVersion: String(live['apiVersion']),
    kind: String(live['kind']),
    namespace: String(metadata['namespace']),
    name: String(metadata['name']),
  });
  const kept = managers.filter((entry) => !isTaken(entry));
  const operations = [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata['resourceVersion'] },
    { op: 'replace', path: '/metadata/managedFields', value: [...kept, ours] },
  ];
  await patchAt(cluster, place, { operations, signal });
}

/** Sets of fields are nested objects: their union has the members of both. */
function mergeFields(left: JsonObject, right: JsonObject): JsonObject {
  const merged: JsonObject = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const existing = merged[key];
    merged[key] = isJsonObject(existing) && isJsonObject(value) ? mergeFields(existing, value) : value;
  }
  return merged;
}
