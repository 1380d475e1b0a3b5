/** A set of objects that is listed and watched with one request each: of one resource, in one namespace or in all. */
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';
import type { Cluster, Query } from './cluster.ts';
import { ResourceExpired } from './refusal.ts';

export interface Collection {
  readonly path: string;
  readonly query?: Query;
  /** For the words of a failure. */
  readonly what: string;
}

/** A page holds this many objects, at most 1.5 MiB each and usually a few kilobytes. */
const PAGE_SIZE = 500;
/** The API server ends a watch after this time, and sends a bookmark at its end. */
const WATCH_SECONDS = 30;
/** A network that went away says nothing: a watch that is silent for longer is over. */
const WATCH_SILENCE_MS = (WATCH_SECONDS + 10) * 1000;

export interface Page {
  readonly objects: readonly JsonObject[];
  /** Of the list as a whole: from where a watch goes on. */
  readonly resourceVersion: string;
}

/** The objects page by page, all of one moment. */
export async function* listPages(
  cluster: Cluster,
  { path, query, what }: Collection,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let next: string | undefined;
  do {
    const list = await cluster.read({ path, what, signal, query: { ...query, limit: PAGE_SIZE, continue: next } });
    const metadata = memberOf(list, 'metadata');
    yield {
      objects: isJsonObject(list) ? objectsOf(list['items']) : [],
      resourceVersion: textOf(metadata['resourceVersion']) ?? '',
    };
    next = textOf(metadata['continue']);
  } while (next !== undefined);
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
  /** From where a watch goes on after this change. */
  readonly resourceVersion: string;
}

/**
 * Resolves once the watch stands; then what changes after a resource version, until the API server ends the watch.
 *
 * @throws ResourceExpired where the resource version is too old
 */
export async function watchChanges(
  cluster: Cluster,
  { collection, after, signal }: { collection: Collection; after: string; signal: AbortSignal },
): Promise<AsyncGenerator<Change>> {
  const { path, query, what } = collection;
  const watch = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: WATCH_SECONDS, resourceVersion: after };
  const read = { path, what, signal, query: { ...query, ...watch } };
  return changesIn(await cluster.stream(read, { silenceMs: WATCH_SILENCE_MS }), what);
}

async function* changesIn(events: AsyncIterable<unknown>, what: string): AsyncGenerator<Change> {
  for await (const event of events) {
    const object = memberOf(event, 'object');
    const type = isJsonObject(event) ? event['type'] : undefined;
    // Told in the stream, as the answer has begun by then: 410, and whatever else makes the list the way to go on.
    if (type === 'ERROR') throw new ResourceExpired(what);
    const resourceVersion = textOf(memberOf(object, 'metadata')['resourceVersion']) ?? '';
    yield { type: type as Change['type'], object, resourceVersion };
  }
}
