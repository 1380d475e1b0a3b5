/** The layout of registry documents: the places of their entries, and the maximum sizes of their parts. */
import type { SkillKind } from '../entry-kind.ts';
import type { JsonKind, JsonPath } from './json-elements.ts';
import type { RegistryFormat } from '../source-definition.ts';

/** One entry of a document. */
const MAX_ENTRY_BYTES = 1024 * 1024;
/** One group of a document, with all of its servers. */
const MAX_GROUP_BYTES = 16 * 1024 * 1024;
/** All members of a document except its entries. */
export const MAX_ENVELOPE_BYTES = 16 * 1024;

/** The members that hold a document's entries, by their kinds, with the format that each makes the document. */
const ENTRY_MEMBERS: ReadonlyMap<unknown, Partial<Record<JsonKind, RegistryFormat>>> = new Map([
  ['servers', { array: 'upstream', object: 'toolhive' }],
  ['remote_servers', { object: 'toolhive' }],
  ['groups', { array: 'toolhive' }],
]);

/** The members that hold a document's skills and plugins: in `data`, or at the top of a page of another registry's list. */
const SKILL_MEMBERS: ReadonlyMap<unknown, SkillKind> = new Map([
  ['skills', 'skill'],
  ['plugins', 'plugin'],
]);

/** The formats that a container of entries at this path indicates; undefined if no container is expected. */
export function containerFormats(path: JsonPath): Partial<Record<JsonKind, RegistryFormat>> | undefined {
  const [root, member] = path;
  const isList =
    path.length === 0 || (path.length === 2 && root === 'data' && (member === 'servers' || member === 'groups'));
  if (isList) return { array: 'upstream' };
  return path.length === 1 ? ENTRY_MEMBERS.get(path[0]) : undefined;
}

/** The kind of the entries in a list at this path; undefined if no skills or plugins are expected. */
export function skillListAt(path: JsonPath): SkillKind | undefined {
  const isListed = path.length === 1 || (path.length === 2 && path[0] === 'data');
  return isListed ? SKILL_MEMBERS.get(path.at(-1)) : undefined;
}

/** The maximum size in bytes of the value at this path. */
export function maxBytes(path: JsonPath): number {
  if (path.at(-2) === 'groups' && path.length === (path[0] === 'data' ? 3 : 2)) return MAX_GROUP_BYTES;
  return path.length === 1 && typeof path[0] === 'string' ? MAX_ENVELOPE_BYTES : MAX_ENTRY_BYTES;
}

/**
 * Recognizes the syntax by the first character after a byte order mark and white space: JSON documents begin with a
 * bracket. Undefined if there is no such character yet.
 */
export function syntaxOf(chunk: Uint8Array): 'json' | 'yaml' | undefined {
  const first = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    .toString('latin1')
    .match(/[^\s\xef\xbb\xbf]/)?.[0];
  if (first === undefined) return undefined;
  return first === '{' || first === '[' ? 'json' : 'yaml';
}
