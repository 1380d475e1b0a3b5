/** The members of a document other than entries that its format has. They become its envelope (envelope.ts). */
import { MAX_ENVELOPE_BYTES } from './layout.ts';
import type { JsonElement } from './json-elements.ts';
import { compactJson, objectText } from './json-text.ts';
import { isJsonObject, type JsonObject, parseJson } from '../json.ts';

/** The members that the formats have next to their entries. Everything else in a file may be private. */
const PLAIN_MEMBERS = ['$schema', 'version', 'last_updated'];
const OBJECT_MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['meta', ['last_updated']],
  ['metadata', ['count', 'nextCursor', 'next_cursor']],
]);

/** A member of the document in the form that is kept; empty for a member that no format has, or that isn't JSON. */
function envelopeMember(name: string, text: string): [string, string][] {
  const known = OBJECT_MEMBERS.get(name);
  if (known === undefined && !PLAIN_MEMBERS.includes(name)) return [];
  const value = parseJson(text);
  if (value === undefined) return [];
  if (known === undefined) return typeof value === 'object' && value !== null ? [] : [[name, text]];
  if (!isJsonObject(value)) return value === null ? [[name, text]] : [];
  return [
    [name, JSON.stringify(Object.fromEntries(Object.entries(value).filter(([member]) => known.includes(member))))],
  ];
}

/** Collects members while a document is read. Members beyond `MAX_ENVELOPE_BYTES` in total are dropped. */
export class DocumentMembers {
  /** The raw text of the members. */
  readonly #members = new Map<string, string>();
  #bytes = 0;
  readonly #groups: JsonObject[] = [];
  /** The top-level maps and the list of groups of a ToolHive document, without entries. */
  readonly #containers = new Map<string, string>();

  add(name: string, element: JsonElement): void {
    this.#bytes += name.length + element.size;
    if (element.problem !== null || this.#bytes > MAX_ENVELOPE_BYTES) return;
    this.#members.set(name, compactJson(element.bytes));
  }

  /** @param empty the container without its entries */
  addContainer(name: string, empty: '[]' | '{}'): void {
    this.#containers.set(name, empty);
  }

  /** @param group without its entries */
  addGroup(group: JsonObject): void {
    this.#groups.push(group);
  }

  /** Names of the members so far. */
  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** Drops the members so far, because they belong to an entry. */
  clear(): void {
    this.#members.clear();
  }

  /** The members as a JSON object. */
  text(): string {
    const groups = JSON.stringify(this.#groups);
    const hasGroups = this.#groups.length > 0 && this.#bytes + groups.length <= MAX_ENVELOPE_BYTES;
    const members = new Map([
      ...[...this.#members].flatMap(([name, text]) => envelopeMember(name, text)),
      ...this.#containers,
      ...(hasGroups ? [['groups', groups] as const] : []),
    ]);
    return objectText(members);
  }
}
