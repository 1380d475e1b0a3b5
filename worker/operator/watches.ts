/** The operator's watches: each change wakes the workflows of the affected resources. */
import type { Logger } from 'pino';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { Collection } from '../../kubernetes/collection.ts';
import { follow } from '../../kubernetes/follow.ts';
import { collectionPath } from '../../kubernetes/objects.ts';
import { MANAGED_BY, resourceCollection } from '../../operator/objects.ts';
import {
  changeMark,
  isManagedResource,
  OWN_GROUP,
  readResource,
  type RegistryResource,
  TOOLHIVE_GROUP,
} from '../../operator/resource.ts';
import { referencedNames, type WorkloadDefaults } from '../../operator/workload.ts';
import { type JsonObject, memberOf, textOf } from '../../registry/json.ts';
import type { WakeQueue } from './wake-queue.ts';

/** Objects that registries consist of. Secrets and ConfigMaps are followed anyway. */
const OBJECTS = [
  { apiVersion: 'apps/v1', plural: 'deployments' },
  { apiVersion: 'v1', plural: 'services' },
  { apiVersion: 'v1', plural: 'serviceaccounts' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings' },
] as const;
/** Objects that resources refer to. */
const REFERENCES = [
  { kind: 'Secret', plural: 'secrets' },
  { kind: 'ConfigMap', plural: 'configmaps' },
  { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' },
] as const;

export interface WatchOptions {
  readonly cluster: Cluster;
  /** The namespaces; empty for all. */
  readonly namespaces: readonly string[];
  readonly managesAll: boolean;
  readonly defaults: WorkloadDefaults;
  readonly queue: WakeQueue;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called once everything has been listed. */
  readonly onReady: () => void;
}

interface Known {
  readonly resource: RegistryResource;
  readonly references: ReadonlySet<string>;
}

interface Watched {
  readonly collection: Collection;
  readonly take: (object: JsonObject, gone: boolean) => void;
}

/** Runs until the signal aborts. */
export async function watchRegistries(options: WatchOptions): Promise<void> {
  const { cluster, logger, signal, namespaces, onReady } = options;
  const resources = new ResourceView(options);
  const places = namespaces.length === 0 ? [undefined] : namespaces;
  const watched = places.flatMap((namespace) => watchedIn(namespace, resources));
  const unlisted = new Set(watched);
  await Promise.all(
    watched.map((one) =>
      follow(cluster, one.collection, {
        signal,
        onChange: one.take,
        onListed: () => {
          if (unlisted.delete(one) && unlisted.size === 0) onReady();
        },
        onFailure: (error) => {
          logger.warn({ err: error }, `Can't watch ${one.collection.what}; trying again`);
        },
      }),
    ),
  );
}

function watchedIn(namespace: string | undefined, resources: ResourceView): Watched[] {
  const collection = (apiVersion: string, plural: string): Collection => ({
    path: collectionPath(apiVersion, plural, namespace),
    what: namespace === undefined ? plural : `${plural} in the namespace ${namespace}`,
  });
  return [
    ...[OWN_GROUP, TOOLHIVE_GROUP].map((group): Watched => {
      const { apiVersion, plural } = resourceCollection(group as RegistryResource['group']);
      return {
        collection: collection(apiVersion, plural),
        take: (object, gone) => resources.takeResource({ ...object, apiVersion }, gone),
      };
    }),
    ...OBJECTS.map(({ apiVersion, plural }): Watched => ({
      collection: {
        ...collection(apiVersion, plural),
        query: { labelSelector: `app.kubernetes.io/managed-by=${MANAGED_BY}` },
        metadataOnly: true,
      },
      take: (object) => resources.takeObject(object),
    })),
    ...REFERENCES.map(({ kind, plural }): Watched => ({
      collection: { ...collection('v1', plural), metadataOnly: true },
      take: (object) => {
        resources.takeObject(object);
        resources.takeReference(kind, object);
      },
    })),
  ];
}

/** The last known state of the resources. */
class ResourceView {
  readonly #known = new Map<string, Known>();
  readonly #options: WatchOptions;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  takeResource(object: JsonObject, gone: boolean): void {
    const resource = readResource(object);
    if (resource === null) return;
    const id = `${resource.group}/${resource.namespace}/${resource.name}`;
    const before = this.#known.get(id);
    const isOurs = isManagedResource(resource, this.#options) && !gone;
    if (isOurs) this.#known.set(id, { resource, references: referencedNames(resource, this.#options.defaults) });
    else this.#known.delete(id);
    if (!isOurs && before === undefined) return;
    // Ignore a status that the operator wrote itself.
    if (isOurs && before !== undefined && changeMark(before.resource) === changeMark(resource)) return;
    const isKnown = 'phase' in resource.status;
    this.#options.queue.add(resource, before === undefined && isOurs && isKnown ? 'start' : 'resource');
  }

  /** Handles a change of an object of a registry. */
  takeObject(object: JsonObject): void {
    const metadata = memberOf(object, 'metadata');
    const labels = memberOf(metadata, 'labels');
    const namespace = textOf(metadata['namespace']);
    const name = textOf(labels['toolhive.stacklok.io/registry-name']);
    if (labels['app.kubernetes.io/managed-by'] !== MANAGED_BY || namespace === undefined || name === undefined) return;
    for (const { resource } of this.#known.values()) {
      if (resource.namespace === namespace && resource.name === name) this.#options.queue.add(resource, 'object');
    }
  }

  /** Handles a change of an object that resources may refer to. */
  takeReference(kind: string, object: JsonObject): void {
    const { namespace, name } = memberOf(object, 'metadata');
    for (const { resource, references } of this.#known.values()) {
      if (resource.namespace === namespace && references.has(`${kind}/${String(name)}`)) {
        this.#options.queue.add(resource, 'reference');
      }
    }
  }
}
