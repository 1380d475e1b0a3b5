/** Turns a value of a registry document into drafts of entries, or into rejections with reasons. */
import { toolhiveToServerJson } from '../toolhive/convert.ts';
import { type DraftOutcome, draftFromServerJson, type FoundServer } from './draft.ts';
import { DUPLICATE_MESSAGE, duplicateMember } from './duplicate-members.ts';
import { type SkillKind, storedName } from '../entry-kind.ts';
import { OFFICIAL } from '../server-json/extension.ts';
import { type JsonElement, JsonElements, type JsonKind, type JsonPath, type Selection } from './json-elements.ts';
import { compactJson, memberTexts } from './json-text.ts';
import { defined, isJsonObject, type JsonObject, textOf } from '../json.ts';
import { firstWarnings } from '../server-json/check.ts';
import { draftFromSkill } from '../skills/skill-draft.ts';
import { takeToolhiveEntry } from '../toolhive/entry.ts';
import { toolhiveServerName } from '../toolhive/format.ts';

/** Reads a server.json, or a `{server, _meta}` item of the registry API. */
export function readUpstreamEntry(element: JsonElement): DraftOutcome {
  const item = readCompactItem(element);
  if (item !== null) return draftFromServerJson({ ...item, nesting: element.nesting });
  const value = parseObject(element);
  if ('problem' in value) return rejected(element, value.problem);
  const { object, text } = value;
  const { nesting } = element;
  const { server, _meta: meta } = object;
  if (!isJsonObject(server)) {
    return draftFromServerJson({ text: element.compact ? text : compactJson(element.bytes), parsed: object, nesting });
  }
  const serverText = memberTexts(element.bytes).get('server')!;
  return draftFromServerJson({ text: serverText, parsed: server, official: officialOf(meta), nesting });
}

/** Reads the document of a skill or plugin. */
export function readSkillEntry(element: JsonElement, kind: SkillKind): DraftOutcome {
  const value = parseObject(element);
  if ('problem' in value) {
    const { namespace, name, version } = identify(element);
    const stored = name === null ? null : storedName(kind, `${namespace ?? '?'}/${name}`);
    return { rejection: { name: stored, version, reason: value.problem } };
  }
  const text = element.compact ? value.text : compactJson(element.bytes);
  return draftFromSkill(kind, { text, parsed: value.object, nesting: element.nesting });
}

const BEFORE_SERVER = '{"server":';

/**
 * Reads an item of the common form `{"server":{…},"_meta":{…}}`, which gives the text of the server.json without
 * scanning. Returns null for any other form.
 */
function readCompactItem({ bytes, compact, problem, firstContainerEnd: end }: JsonElement): FoundServer | null {
  const isForm = compact && holdsAt(bytes, 0, `${BEFORE_SERVER}{`) && holdsAt(bytes, end, ',"');
  if (!isForm || problem !== null) return null;
  try {
    const text = UTF_8.decode(bytes.subarray(BEFORE_SERVER.length, end));
    const restText = `{${UTF_8.decode(bytes.subarray(end + 1))}`;
    const rest = JSON.parse(restText) as JsonObject;
    const parsed: unknown = JSON.parse(text);
    const isClean = duplicateMember(text, parsed) === null && duplicateMember(restText, rest) === null;
    if (!isClean || Object.hasOwn(rest, 'server')) return null;
    return { text, parsed, official: officialOf(rest['_meta']) };
  } catch {
    return null;
  }
}

function holdsAt(bytes: Uint8Array, offset: number, ascii: string): boolean {
  for (let index = 0; index < ascii.length; index += 1) {
    if (bytes[offset + index] !== ascii.charCodeAt(index)) return false;
  }
  return true;
}

function officialOf(meta: unknown): unknown {
  return isJsonObject(meta) ? meta[OFFICIAL] : undefined;
}

/** Reads an entry of `servers` or `remote_servers` in a ToolHive document, or in one of its groups. */
export function readToolhiveEntry(element: JsonElement, remote: boolean, group?: string): DraftOutcome {
  const key = String(element.path.at(-1));
  const value = parseObject(element);
  if ('problem' in value) return rejected(element, value.problem, toolhiveServerName(key));
  return convertEntry({ key, entry: value.object, remote, group });
}

/** The outcome of an entry of a group, with its location in the document. */
export interface GroupedOutcome {
  readonly outcome: DraftOutcome;
  readonly element: Pick<JsonElement, 'path' | 'line' | 'column'>;
}

/** A group of a document: its entries, and the group without them. Null if the value isn't a group. */
export interface ReadGroup {
  readonly outcomes: readonly GroupedOutcome[];
  readonly group: JsonObject | null;
}

/** Reads a group of a ToolHive document. Its maps of servers become empty maps in the group without entries. */
export function readToolhiveGroup(element: JsonElement): ReadGroup {
  const value = parseObject(element);
  if ('problem' in value) return noGroup(element, value.problem);
  const { servers, remote_servers: remoteServers } = value.object;
  const group = groupMembers(value.object);
  const name = typeof group['name'] === 'string' ? group['name'] : undefined;
  const outcomes = elementsIn(element, selectInToolhiveGroup).map((entry) => ({
    element: entry,
    outcome: readToolhiveEntry(entry, entry.path.at(-2) === 'remote_servers', name),
  }));
  const maps = {
    ...(isJsonObject(servers) && { servers: {} }),
    ...(isJsonObject(remoteServers) && { remote_servers: {} }),
  };
  return { outcomes, group: { ...group, ...maps } };
}

/** Reads a group of a document in upstream format. */
export function readUpstreamGroup(element: JsonElement): ReadGroup {
  const value = parseObject(element);
  if ('problem' in value) return noGroup(element, value.problem);
  const servers = elementsIn(element, selectInUpstreamGroup);
  const outcomes = servers.map((server) => ({ element: server, outcome: readUpstreamEntry(server) }));
  return { outcomes, group: groupMembers(value.object) };
}

function noGroup(element: JsonElement, problem: string): ReadGroup {
  return { outcomes: [{ element, outcome: rejected(element, problem) }], group: null };
}

/** Elements inside another element, with their position in the document. */
function elementsIn(outer: JsonElement, select: (path: JsonPath, kind: JsonKind) => Selection): JsonElement[] {
  return new JsonElements({ select }).push(outer.bytes).map((inner) => ({
    ...inner,
    path: [...outer.path, ...inner.path],
    line: outer.line + inner.line - 1,
    column: inner.line === 1 ? outer.column + inner.column - 1 : inner.column,
  }));
}

/** Members of a group, other than its servers, that both formats have. */
function groupMembers({ name, description }: JsonObject): JsonObject {
  return defined({ name, description });
}

function selectInUpstreamGroup([member, index]: JsonPath): Selection {
  if (member !== undefined && member !== 'servers') return 'skip';
  return index === undefined ? 'enter' : 'take';
}

function selectInToolhiveGroup([member, key]: JsonPath, kind: JsonKind): Selection {
  if (key !== undefined) return 'take';
  const isContainer = member === undefined || member === 'servers' || member === 'remote_servers';
  return isContainer && kind === 'object' ? 'enter' : 'skip';
}

interface ToolhiveEntry {
  readonly key: string;
  readonly entry: unknown;
  readonly remote: boolean;
  readonly group?: string | undefined;
}

function convertEntry({ entry, ...where }: ToolhiveEntry): DraftOutcome {
  const taken = isJsonObject(entry)
    ? takeToolhiveEntry(entry, where.remote)
    : { problem: "the entry isn't a JSON object" };
  if ('problem' in taken) {
    const name = toolhiveServerName((isJsonObject(entry) && textOf(entry['name'])) || where.key);
    return { rejection: { name, version: null, reason: taken.problem } };
  }
  const parsed = toolhiveToServerJson({ ...where, entry: taken.entry });
  const outcome = draftFromServerJson({ text: JSON.stringify(parsed), parsed });
  if ('rejection' in outcome) return outcome;
  return { ...outcome, warnings: firstWarnings([...taken.warnings, ...outcome.warnings]) };
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseObject(element: JsonElement): { object: JsonObject; text: string } | { problem: string } {
  if (element.problem === 'oversized') return { problem: `the entry is too large: ${element.size} bytes` };
  if (element.problem !== null) return { problem: `the entry is ${element.problem}` };
  let text: string;
  try {
    text = UTF_8.decode(element.bytes);
  } catch {
    return { problem: "the entry isn't valid UTF-8: save the document as UTF-8" };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return { problem: "the entry isn't a JSON object" };
    const duplicate = duplicateMember(text, value);
    return duplicate === null ? { object: value, text } : { problem: `${duplicate} ${DUPLICATE_MESSAGE}` };
  } catch (error) {
    return { problem: `the entry isn't valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function rejected(element: JsonElement, problem: string, key: string | null = null): DraftOutcome {
  const { name, version } = identify(element);
  return { rejection: { name: name ?? key, version, reason: problem } };
}

/** Name and version are usually at the start of an entry. */
const IDENTITY_BYTES = 2_048;

const IDENTITY_MEMBERS: readonly unknown[] = ['namespace', 'name', 'version'];

interface Identity {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly version: string | null;
}

/** Finds the name and version of an entry that can't be parsed in its bytes, if possible. */
function identify(element: JsonElement): Identity {
  const found = new Map<unknown, string>();
  const identity = new JsonElements({
    select: (path, kind) => {
      const member = path.at(-1);
      if (path.length === 0 || (path.length === 1 && member === 'server')) return 'enter';
      return kind === 'string' && IDENTITY_MEMBERS.includes(member) ? 'take' : 'skip';
    },
    maxBytes: () => 1024,
  });
  try {
    // Scan in small pieces to find members before the syntax error.
    for (const piece of pieces(element.bytes)) {
      for (const { path, bytes, problem } of identity.push(piece)) {
        if (problem === null) found.set(path.at(-1), JSON.parse(Buffer.from(bytes).toString()) as string);
      }
    }
  } catch {
    // The syntax error has already been reported.
  }
  const [namespace = null, name = null, version = null] = IDENTITY_MEMBERS.map((member) => found.get(member));
  return { namespace, name, version };
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  const front = Math.min(bytes.length, IDENTITY_BYTES);
  for (let at = 0; at < front; at += 1) yield bytes.subarray(at, at + 1);
  yield bytes.subarray(front);
}
