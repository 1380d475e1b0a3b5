/**
 * Writes a registry as one document in either file format. The text is streamed in pieces while the entries are read,
 * so memory use doesn't depend on the size of the registry. Only groups are buffered, because they are small and
 * curated.
 *
 * A document contains the latest version of each server. Servers of a group are separate versions, which are included
 * too.
 */
import { groupOfServerJson, serverJsonToToolhive } from '../toolhive/convert.ts';
import { groupsOf, toolhiveMembers, upstreamMembers } from './envelope.ts';
import type { EntryStatus } from '../entry.ts';
import type { EntryKind, SkillKind } from '../entry-kind.ts';
import { type JsonObject, textOf } from '../json.ts';
import { withStatus as skillWithStatus } from '../skills/served-skill.ts';
import type { ToolhiveServer } from '../toolhive/format.ts';

export interface ExportedEntry {
  readonly name: string;
  /** The server.json as text. */
  readonly document: string;
  readonly status: EntryStatus;
  readonly isLatest: boolean;
}

export interface RegistryExport {
  /**
   * The entries of a kind. Called once for each part of the document. Must return the same entries in the same order
   * every time.
   */
  readonly readEntries: (kind: EntryKind) => AsyncIterable<ExportedEntry>;
  /** Envelopes of the documents that the registry's sources were read from. */
  readonly envelopes: readonly JsonObject[];
  /** Default date (RFC 3339), used if no envelope has one. */
  readonly lastUpdated: string;
}

/** Writes `{version, last_updated, servers, remote_servers, groups}`. Omits servers that ToolHive can't run. */
export async function* toolhiveDocument(registry: RegistryExport): AsyncGenerator<string> {
  const { remote_servers: emptyRemoteServers, ...members } = toolhiveMembers(registry.envelopes, registry.lastUpdated);
  const groups = new Groups<ToolhiveServer>(registry.envelopes);
  yield `${openObject(members)}"servers":{`;
  yield* serverMap(serversIn(registry, groups), false);
  yield '}';
  const remoteServers = serverMap(serversIn(registry), true);
  const first = await remoteServers.next();
  if (emptyRemoteServers !== undefined || first.done !== true) {
    yield ',"remote_servers":{';
    if (first.done !== true) yield first.value;
    yield* remoteServers;
    yield '}';
  }
  const written = groups.map(toolhiveGroup);
  if (written.length > 0 || registry.envelopes.some(({ groups: list }) => list !== undefined)) {
    yield `,"groups":${JSON.stringify(written)}`;
  }
  yield '}\n';
}

/** Writes `{version, meta: {last_updated}, data: {servers, groups, skills, plugins}}` with the original documents. */
export async function* upstreamDocument(registry: RegistryExport): AsyncGenerator<string> {
  const groups = new Groups<string>(registry.envelopes);
  yield `${openObject(upstreamMembers(registry.envelopes, registry.lastUpdated))}"data":{"servers":[`;
  let separator = '\n';
  for await (const { document, isLatest } of registry.readEntries('server')) {
    const group = groupOfServerJson(document);
    if (group !== undefined) {
      groups.add(group, document);
    } else if (isLatest) {
      yield separator + document;
      separator = ',\n';
    }
  }
  yield ']';
  const written = groups.map(upstreamGroup);
  if (written.length > 0) yield `,"groups":[${written.join(',')}]`;
  yield* skillList(registry, 'skill');
  yield* skillList(registry, 'plugin');
  yield '}}\n';
}

/** The member with the latest version of each skill or plugin. Nothing if there is none. */
async function* skillList({ readEntries }: RegistryExport, kind: SkillKind): AsyncGenerator<string> {
  let separator = `,"${kind}s":[\n`;
  for await (const { document, status, isLatest } of readEntries(kind)) {
    if (!isLatest) continue;
    yield separator + skillWithStatus(document, status);
    separator = ',\n';
  }
  if (separator === ',\n') yield ']';
}

/** Converts an entry to a ToolHive server. Returns null if ToolHive can't run it. */
export function toolhiveServer({
  document,
  status,
}: Pick<ExportedEntry, 'document' | 'status'>): ToolhiveServer | null {
  const server = serverJsonToToolhive(JSON.parse(document) as JsonObject);
  return server && { ...server, entry: withStatus(server.entry, status) };
}

/** Sets the entry's status in the registry. Keeps ToolHive's spelling (`Active`) of an unchanged status. */
function withStatus(entry: JsonObject, status: EntryStatus): JsonObject {
  const written = textOf(entry['status'])?.toLowerCase() ?? 'active';
  return (written === 'deprecated') === (status === 'deprecated') ? entry : { ...entry, status };
}

interface NamedServer {
  readonly name: string;
  readonly server: ToolhiveServer;
}

/** Yields the servers at the top of the document, and adds servers of groups to their groups. */
async function* serversIn(
  { readEntries }: RegistryExport,
  groups?: Groups<ToolhiveServer>,
): AsyncGenerator<NamedServer> {
  for await (const entry of readEntries('server')) {
    const server = toolhiveServer(entry);
    if (server?.group !== undefined) groups?.add(server.group, server);
    else if (server !== null && entry.isLatest) yield { name: entry.name, server };
  }
}

/** Writes the members of one of the maps at the top of the document. */
async function* serverMap(servers: AsyncIterable<NamedServer>, remote: boolean): AsyncGenerator<string> {
  /** Two sources can use the same key for different servers. The full name is used as the key of the second one. */
  const keys = new Set<string>();
  let separator = '';
  for await (const { name, server } of servers) {
    if (server.remote !== remote) continue;
    const key = keys.has(server.key) ? name : server.key;
    if (key !== name) keys.add(key);
    yield `${separator}\n${memberText([key, server.entry])}`;
    separator = ',';
  }
}

/** The groups of a document by name: groups of the envelopes in order, then groups that only entries mention. */
class Groups<Server> {
  readonly #groups: Map<unknown, { readonly members: JsonObject; readonly servers: Server[] }>;

  constructor(envelopes: readonly JsonObject[]) {
    this.#groups = new Map(groupsOf(envelopes).map((members) => [members['name'], { members, servers: [] }]));
  }

  add(name: string, server: Server): void {
    const group = this.#groups.get(name) ?? { members: { name, description: '' }, servers: [] };
    group.servers.push(server);
    this.#groups.set(name, group);
  }

  map<Written>(write: (members: JsonObject, servers: readonly Server[]) => Written): Written[] {
    return [...this.#groups.values()].map(({ members, servers }) => write(members, servers));
  }
}

/** Includes a map if it contains servers or exists in the envelope. */
function toolhiveGroup(members: JsonObject, servers: readonly ToolhiveServer[]): JsonObject {
  const inMap = (remote: boolean): JsonObject =>
    Object.fromEntries(servers.filter((server) => server.remote === remote).map(({ key, entry }) => [key, entry]));
  const maps = { servers: inMap(false), remote_servers: inMap(true) };
  const filled = Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0);
  return { ...members, ...Object.fromEntries(filled) };
}

function upstreamGroup(members: JsonObject, documents: readonly string[]): string {
  const { servers: _servers, remote_servers: _remoteServers, ...others } = members;
  return `${openObject({ description: '', ...others })}"servers":[${documents.join(',')}]}`;
}

/** Returns the start of a JSON object with these members, to be continued. */
function openObject(members: JsonObject): string {
  return `{${[...Object.entries(members).map(memberText), ''].join(',')}`;
}

function memberText([name, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}
