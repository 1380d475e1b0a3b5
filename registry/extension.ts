/** The members of `_meta` that mean something to a registry. */
import { isJsonObject, type JsonObject } from './json.ts';

/** What the publisher of a server.json adds for downstream registries. */
export const PUBLISHER_PROVIDED = 'io.modelcontextprotocol.registry/publisher-provided';
/** What a registry says about an entry: status, dates, whether it is the latest version. Beside the server.json. */
export const OFFICIAL = 'io.modelcontextprotocol.registry/official';

/** The publisher's extension of a server.json, where it has one. */
export function publisherExtension(document: unknown): JsonObject | undefined {
  const meta = isJsonObject(document) ? document['_meta'] : undefined;
  const extension = isJsonObject(meta) ? meta[PUBLISHER_PROVIDED] : undefined;
  return isJsonObject(extension) ? extension : undefined;
}
