/**
 * Makes the served documents of skills and plugins: the published document with its current status, and with Rollcall's
 * data about the entry in `_meta`. Texts are put together from the original ones, so that numbers and the order of
 * members stay as they were.
 */
import type { EntryStatus } from '../entry.ts';
import { memberTexts, objectText } from '../document/json-text.ts';
import { isJsonObject, type JsonObject, memberOf } from '../json.ts';

/**
 * Rollcall's data about an entry, in `_meta`: status, dates, and whether it is the latest version. If the published document
 * has another status, `documentStatus` is that one, or null for none.
 */
export const ENTRY_STATE = 'dev.rollcall/entry';

/** Rollcall's data about the files of an entry that come from a package, in `_meta`. */
export const FILES = 'dev.rollcall/files';

/** Members of `_meta` with this prefix belong to the registry that serves the entry, not to its publisher. */
const OWN_PREFIX = 'dev.rollcall/';

/**
 * The served text of a skill or plugin.
 *
 * @param meta members for `_meta`; they replace those of the document with the same names
 */
export function servedText(document: string, status: EntryStatus, meta: JsonObject): string {
  const members = memberTexts(document);
  const metaMembers = metaOf(members);
  const written = members.get('status');
  members.set('status', JSON.stringify(status));
  const documentStatus: unknown = written === undefined ? null : JSON.parse(written);
  const isOther = written !== members.get('status');
  const state = { ...memberOf(meta, ENTRY_STATE), ...(isOther && { documentStatus }) };
  for (const [name, value] of Object.entries({ ...meta, [ENTRY_STATE]: state })) {
    metaMembers.set(name, JSON.stringify(value));
  }
  members.set('_meta', objectText(metaMembers));
  return objectText(members);
}

/** The document with this status. Without a status of its own, an active one stays as it is. */
export function withStatus(document: string, status: EntryStatus): string {
  const members = memberTexts(document);
  const own = members.get('status');
  if (own === JSON.stringify(status) || (own === undefined && status === 'active')) return document;
  return objectText(members.set('status', JSON.stringify(status)));
}

/** The published document, without the members that another Rollcall added when it served the entry. */
export function publishedText(text: string, parsed: JsonObject): string {
  const meta = parsed['_meta'];
  if (!isJsonObject(meta) || !Object.keys(meta).some(isOwn)) return text;
  const members = memberTexts(text);
  const kept = new Map([...metaOf(members)].filter(([name]) => !isOwn(name)));
  const { documentStatus } = memberOf(meta, ENTRY_STATE);
  if (documentStatus === null) members.delete('status');
  else if (documentStatus !== undefined) members.set('status', JSON.stringify(documentStatus));
  if (kept.size === 0) members.delete('_meta');
  else members.set('_meta', objectText(kept));
  return objectText(members);
}

function isOwn(name: string): boolean {
  return name.startsWith(OWN_PREFIX);
}

function metaOf(members: ReadonlyMap<string, string>): Map<string, string> {
  const meta = members.get('_meta');
  return meta?.startsWith('{') === true ? memberTexts(meta) : new Map();
}
