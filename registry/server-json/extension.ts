/** The members of `_meta` that a registry interprets. */
import { isJsonObject, type JsonObject, textsOf } from '../json.ts';

/** Publisher's data for downstream registries, inside the server.json. */
export const PUBLISHER_PROVIDED = 'io.modelcontextprotocol.registry/publisher-provided';
/** Registry's data about an entry (status, dates, latest version), next to the server.json. */
export const OFFICIAL = 'io.modelcontextprotocol.registry/official';

/** The origin of an entry, in the `_meta` of served documents. */
export const PROVENANCE = 'dev.rollcall/provenance';

/** Returns the publisher's extension of a server.json, if any. */
export function publisherExtension(document: unknown): JsonObject | undefined {
  const meta = isJsonObject(document) ? document['_meta'] : undefined;
  const extension = isJsonObject(meta) ? meta[PUBLISHER_PROVIDED] : undefined;
  return isJsonObject(extension) ? extension : undefined;
}

/**
 * Returns the tags of a server.json, from all arrays `_meta["…/publisher-provided"][publisher][key].tags` with any
 * publisher and key. Keeps the order and removes duplicates.
 */
export function tagsOf(document: unknown): string[] {
  const publishers = Object.values(publisherExtension(document) ?? {}).filter(isJsonObject);
  const extensions = publishers.flatMap((publisher) => Object.values(publisher)).filter(isJsonObject);
  return [...new Set(extensions.flatMap(({ tags }) => textsOf(tags)))];
}
