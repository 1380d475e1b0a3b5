/** Follows the objects of a collection for as long as a process runs, whatever happens to the API server. */
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../pacing/backoff.ts';
import { RollcallError } from '../registry/failure.ts';
import type { JsonObject } from '../registry/json.ts';
import type { Cluster } from './cluster.ts';
import { type Collection, listPages, watchChanges } from './collection.ts';
import { keyOf, resourceVersionOf } from './objects.ts';
import { ResourceExpired } from './refusal.ts';

const BACKOFF = { firstMs: 250, longestMs: 5_000 };
/** The wait before checking again for a resource that isn't installed. */
const NOT_INSTALLED_WAIT_MS = 15_000;

export interface Follower {
  readonly signal: AbortSignal;
  /** Called for each object that is new or has changed, and with `gone` for each one that has disappeared. */
  readonly onChange: (object: JsonObject, gone: boolean) => void;
  /** Called after each complete list. */
  readonly onListed?: () => void;
  /** Called when the collection can't be read, before it is tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** Follows the collection until the signal aborts. */
export async function follow(cluster: Cluster, collection: Collection, follower: Follower): Promise<void> {
  const { signal } = follower;
  const known = new Map<string, JsonObject>();
  let failures = 0;
  while (!signal.aborted) {
    try {
      const after = await list(cluster, { collection, follower, known });
      await watch(cluster, { collection, follower, known, after, onWatching: () => (failures = 0) });
    } catch (error) {
      if (signal.aborted) return;
      const isNotInstalled = error instanceof RollcallError && error.type === 'UpstreamNotFound';
      if (isNotInstalled) forgetAll(known, follower);
      else if (!(error instanceof ResourceExpired)) follower.onFailure(error);
      if (isNotInstalled) follower.onListed?.();
      failures += 1;
      const wait = isNotInstalled ? NOT_INSTALLED_WAIT_MS : backoffMs(BACKOFF, failures);
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

interface Following {
  readonly collection: Collection;
  readonly follower: Follower;
  /** The last known state of the objects, by name. */
  readonly known: Map<string, JsonObject>;
}

/** Reports how the collection differs from its last known state. Returns the version from which a watch continues. */
async function list(cluster: Cluster, { collection, follower, known }: Following): Promise<string> {
  const seen = new Set<string>();
  let after = '';
  for await (const { objects, resourceVersion } of listPages(cluster, collection, follower.signal)) {
    after = resourceVersion;
    for (const object of objects) {
      const key = keyOf(object);
      seen.add(key);
      note(object, { follower, known });
    }
  }
  for (const [key, object] of known) {
    if (seen.has(key)) continue;
    known.delete(key);
    follower.onChange(object, true);
  }
  follower.onListed?.();
  return after;
}

/** Watches the collection until an error ends the watch, for example because the API server restarts. */
async function watch(
  cluster: Cluster,
  {
    collection,
    follower,
    known,
    after,
    onWatching,
  }: Following & { readonly after: string; readonly onWatching: () => void },
): Promise<never> {
  for (let position = after; ;) {
    const changes = await watchChanges(cluster, { collection, after: position, signal: follower.signal });
    onWatching();
    for await (const { type, object, resourceVersion } of changes) {
      position = resourceVersion;
      if (type === 'BOOKMARK') continue;
      if (type !== 'DELETED') note(object, { follower, known });
      else if (known.delete(keyOf(object))) follower.onChange(object, true);
    }
  }
}

function note(object: JsonObject, { follower, known }: Pick<Following, 'follower' | 'known'>): void {
  const key = keyOf(object);
  const before = known.get(key);
  known.set(key, object);
  if (before === undefined || resourceVersionOf(before) !== resourceVersionOf(object)) follower.onChange(object, false);
}

function forgetAll(known: Map<string, JsonObject>, { onChange }: Follower): void {
  for (const object of known.values()) onChange(object, true);
  known.clear();
}
