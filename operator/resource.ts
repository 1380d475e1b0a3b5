/** MCPRegistry resources: their groups, names, annotations, and the fields that the operator reads. */
import { isJsonObject, type JsonObject, memberOf, textOf } from '../registry/json.ts';
import type { RegistryKey } from '../workflows/contract/registry.ts';

/** The group of ToolHive's operator. Its resources are only changed if their owner opts in. */
export const TOOLHIVE_GROUP = 'toolhive.stacklok.dev';
/** Rollcall's own group, for clusters where ToolHive's operator keeps running. */
export const OWN_GROUP = 'rollcall.dev';
export type ResourceGroup = typeof TOOLHIVE_GROUP | typeof OWN_GROUP;

/** The version that the operator reads and writes; all served versions have the same schema. */
export const RESOURCE_VERSION = 'v1beta1';
export const RESOURCE_KIND = 'MCPRegistry';
/**
 * Rollcall's own group has another plural, so that `kubectl get mcpregistries` keeps its meaning when both are
 * installed.
 */
export const PLURALS: Readonly<Record<ResourceGroup, string>> = {
  [TOOLHIVE_GROUP]: 'mcpregistries',
  [OWN_GROUP]: 'rollcallregistries',
};

/** Users' templates refer to the container of the registry by this name. */
export const CONTAINER = 'registry-api';

/** The label that lets the operator manage a resource of ToolHive's group. */
export const MANAGED_LABEL = 'rollcall.dev/managed';
/** The Temporal namespace of a registry. Default: `<namespace>.<name>`. */
const TEMPORAL_NAMESPACE_ANNOTATION = 'rollcall.dev/temporal-namespace';
/** Annotations whose new value syncs all sources. */
const SYNC_ANNOTATIONS = ['toolhive.stacklok.dev/sync-trigger', 'toolhive.stacklok.dev/manual-sync'] as const;
/** The finalizer of ToolHive's operator. It has no use here, but blocks deletion until it is removed. */
export const TOOLHIVE_FINALIZER = 'mcpregistry.toolhive.stacklok.dev/finalizer';

export interface RegistryResource extends RegistryKey {
  readonly group: ResourceGroup;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  /** Whether it is being deleted. */
  readonly isDeleted: boolean;
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

/** Returns null for an object without a name, a namespace, or a group that the operator knows. */
export function readResource(object: unknown): RegistryResource | null {
  const metadata = memberOf(object, 'metadata');
  const name = textOf(metadata['name']);
  const namespace = textOf(metadata['namespace']);
  const group = groupOf(object);
  if (name === undefined || namespace === undefined || group === null) return null;
  return {
    group,
    name,
    namespace,
    uid: textOf(metadata['uid']) ?? '',
    generation: Number(metadata['generation'] ?? 0),
    resourceVersion: textOf(metadata['resourceVersion']) ?? '',
    labels: textMembers(metadata['labels']),
    annotations: textMembers(metadata['annotations']),
    finalizers: Array.isArray(metadata['finalizers']) ? metadata['finalizers'].map(String) : [],
    isDeleted: textOf(metadata['deletionTimestamp']) !== undefined,
    spec: memberOf(object, 'spec'),
    status: memberOf(object, 'status'),
  };
}

function groupOf(object: unknown): ResourceGroup | null {
  const apiVersion = isJsonObject(object) ? String(object['apiVersion']) : '';
  const [group = ''] = apiVersion.split('/');
  return group === TOOLHIVE_GROUP || group === OWN_GROUP ? group : null;
}

export function textMembers(value: unknown): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The value of the annotations that request a sync; undefined if none is set. */
export function syncTrigger({ annotations }: RegistryResource): string | undefined {
  const values = SYNC_ANNOTATIONS.map((name) => annotations[name] ?? '').filter((value) => value !== '');
  return values.length === 0 ? undefined : values.join(' ');
}

/** Resources of ToolHive's group are managed only if their owner, or the operator's administrator, says so. */
export function isManagedResource(
  { group, labels }: Pick<RegistryResource, 'group' | 'labels'>,
  { managesAll }: { readonly managesAll: boolean },
): boolean {
  return group === OWN_GROUP || managesAll || labels[MANAGED_LABEL] === 'true';
}

/** A mark that changes when anything in a resource except its status changes. */
export function changeMark({ uid, generation, labels, annotations, isDeleted }: RegistryResource): string {
  return JSON.stringify([uid, generation, labels, annotations, isDeleted]);
}

/**
 * Names of the objects that belong to a registry. They are the same as with ToolHive's operator, so that objects are
 * taken over in place.
 */
export function namesOf({ name }: RegistryKey): {
  readonly configMap: string;
  readonly account: string;
  readonly workload: string;
  readonly pgpassSecret: string;
} {
  return {
    configMap: `${name}-registry-server-config`,
    account: `${name}-registry-api`,
    workload: `${name}-api`,
    pgpassSecret: `${name}-db-pgpass`,
  };
}

export function clusterUrl(key: RegistryKey): string {
  return `http://${namesOf(key).workload}.${key.namespace}:8080`;
}

/** The Temporal namespace with the actors of a registry: source names are unique in it only. */
export function temporalNamespaceOf({ namespace, name, annotations }: RegistryResource): string {
  return annotations[TEMPORAL_NAMESPACE_ANNOTATION] || `${namespace}.${name}`;
}
