/** A watch's copy of a cluster: starts with a list and applies the changes. */
import type { Cluster } from '../../kubernetes/cluster.ts';
import { type Change, listPages } from '../../kubernetes/collection.ts';
import { keyOf } from '../../kubernetes/objects.ts';
import { contentDigest } from '../../registry/kubernetes/sightings.ts';
import type { Deployment } from '../../registry/kubernetes/deployment.ts';
import { type ClusterContent, type ContentCollection, deploymentsOf, type Seen } from './content.ts';

export class ClusterView {
  readonly collections: readonly ViewedCollection[];
  readonly #content: ClusterContent;

  private constructor(content: ClusterContent, collections: readonly ViewedCollection[]) {
    this.#content = content;
    this.collections = collections;
  }

  /** Lists everything once. */
  static async look(cluster: Cluster, content: ClusterContent, signal: AbortSignal): Promise<ClusterView> {
    const collections: ViewedCollection[] = [];
    for (const collection of content.collections) {
      collections.push(await ViewedCollection.look(cluster, collection, signal));
    }
    return new ClusterView(content, collections);
  }

  /** The digest of a fetch that sees the same state. */
  digest(): string {
    return contentDigest(this.#seen(), this.#content.missing);
  }

  deployments(): Deployment[] {
    return deploymentsOf(this.#seen());
  }

  /** Whether the same resources are installed, in the same versions. */
  isOf(content: ClusterContent): boolean {
    const paths = content.collections.map(({ path }) => path);
    return paths.join() === this.#content.collections.map(({ path }) => path).join();
  }

  #seen(): Seen[] {
    return this.collections.flatMap((collection) => collection.seen());
  }
}

/** One collection after the last change. */
export class ViewedCollection {
  readonly collection: ContentCollection;
  /** The version from which a watch continues. */
  resourceVersion: string;
  readonly #seen: Map<string, Seen>;

  private constructor(collection: ContentCollection, resourceVersion: string, seen: Map<string, Seen>) {
    this.collection = collection;
    this.resourceVersion = resourceVersion;
    this.#seen = seen;
  }

  static async look(cluster: Cluster, collection: ContentCollection, signal: AbortSignal): Promise<ViewedCollection> {
    const seen = new Map<string, Seen>();
    let version = '';
    for await (const { objects, resourceVersion } of listPages(cluster, collection, signal)) {
      for (const object of objects) {
        const one = collection.see(object);
        if (one !== null) seen.set(keyOf(object), one);
      }
      version = resourceVersion;
    }
    return new ViewedCollection(collection, version, seen);
  }

  seen(): Seen[] {
    return [...this.#seen.values()];
  }

  /** Applies a change and returns what it affects; most changes affect nothing. */
  take({ type, object, resourceVersion }: Change): 'content' | 'deployment' | 'nothing' {
    this.resourceVersion = resourceVersion;
    if (type === 'BOOKMARK') return 'nothing';
    const key = keyOf(object);
    const before = this.#seen.get(key);
    const now = type === 'DELETED' ? null : this.collection.see(object);
    if (now === null) return this.#seen.delete(key) ? 'content' : 'nothing';
    this.#seen.set(key, now);
    if (before === undefined || before.fingerprint !== now.fingerprint) return 'content';
    const same = JSON.stringify(deploymentsOf([before])) === JSON.stringify(deploymentsOf([now]));
    return same ? 'nothing' : 'deployment';
  }
}
