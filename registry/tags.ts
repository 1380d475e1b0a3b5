import { isJsonObject } from './json.ts';
import { publisherExtension } from './extension.ts';

/**
 * The tags of a server.json: those of every `tags` array two levels below the publisher's extension
 * (`_meta["…/publisher-provided"][publisher][key].tags`), whichever the publisher and the key. In order, without
 * repetitions.
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
