/** Objects of one resource, in one namespace or in all, that are listed and watched with one request each. */
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../registry/json.ts';
import type { Cluster, Query } from './cluster.ts';
import { resourceVersionOf } from './objects.ts';
import { ResourceExpired } from './refusal.ts';

export interface Collection {
  readonly path: string;
  readonly query?: Query;
  /** The name of the collection in error messages. */
  readonly what: string;
  /** Whether only the metadata of the objects is requested. */
  readonly metadataOnly?: boolean;
}

const METADATA = { list: 'PartialObjectMetadataList', watch: 'PartialObjectMetadata' } as const;

function acceptOf({ metadataOnly = false }: Collection, request: keyof typeof METADATA): string | undefined {
  return metadataOnly ? `application/json;as=${METADATA[request]};g=meta.k8s.io;v=v1` : undefined;
}

/** Objects per page: at most 1.5 MiB each, usually a few kilobytes. */
const PAGE_SIZE = 500;
/** The API server ends a watch after this time and sends a bookmark at its end. */
const WATCH_SECONDS = 30;
/** A lost network connection is silent, so a watch ends if it is silent for longer than this. */
const WATCH_SILENCE_MS = (WATCH_SECONDS + 10) * 1000;

export interface Page {
  readonly objects: readonly JsonObject[];
  /** The version of the whole list, from which a watch continues. */
  readonly resourceVersion: string;
}

/** The objects page by page, all from the same moment. */
export async function* listPages(cluster: Cluster, collection: Collection, signal: AbortSignal): AsyncGenerator<Page> {
  const { path, query, what } = collection;
  const accept = acceptOf(collection, 'list');
  let next: string | undefined;
  do {
    const list = await cluster.request({
      path,
      what,
      signal,
      accept,
      query: { ...query, limit: PAGE_SIZE, continue: next },
    });
    yield {
      objects: isJsonObject(list) ? objectsOf(list['items']) : [],
      resourceVersion: resourceVersionOf(list),
    };
    next = textOf(memberOf(list, 'metadata')['continue']);
  } while (next !== undefined);
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonObject;
  /** The version from which a watch continues after this change. */
  readonly resourceVersion: string;
}

/**
 * Resolves when the watch is established. Then yields the changes after a resource version until the API server ends the watch.
 * @throws ResourceExpired if the resource version is too old
 */
export async function watchChanges(
  cluster: Cluster,
  { collection, after, signal }: { collection: Collection; after: string; signal: AbortSignal },
): Promise<AsyncGenerator<Change>> {
  const { path, query, what } = collection;
  const watch = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: WATCH_SECONDS, resourceVersion: after };
  const read = { path, what, signal, query: { ...query, ...watch }, accept: acceptOf(collection, 'watch') };
  return changesIn(await cluster.stream(read, { silenceMs: WATCH_SILENCE_MS }), what);
}

async function* changesIn(events: AsyncIterable<unknown>, what: string): AsyncGenerator<Change> {
  for await (const event of events) {
    const object = memberOf(event, 'object');
    const type = isJsonObject(event) ? event['type'] : undefined;
    // Errors arrive in the stream, because the answer has begun: 410, and others that require a new list.
    if (type === 'ERROR') throw new ResourceExpired(what);
    yield { type: type as Change['type'], object, resourceVersion: resourceVersionOf(object) };
  }
}
