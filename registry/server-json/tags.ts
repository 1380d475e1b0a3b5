import { isJsonObject } from '../json.ts';
import { publisherExtension } from './extension.ts';

/**
 * Returns the tags of a server.json, from all arrays `_meta["…/publisher-provided"][publisher][key].tags` with any
 * publisher and key. Keeps the order and removes duplicates.
 */
export function tagsOf(document: unknown): string[] {
  const tags = new Set<string>();
  for (const publisher of Object.values(publisherExtension(document) ?? {})) {
    for (const extension of isJsonObject(publisher) ? Object.values(publisher) : []) {
      const list = isJsonObject(extension) ? extension['tags'] : undefined;
      for (const tag of Array.isArray(list) ? list : []) {
        if (typeof tag === 'string') {
          tags.add(tag);
        }
      }
    }
  }
  return [...tags];
}
