/**
 * A registry as one document, in either format of registry files, as text in pieces: a document is written while its
 * entries are read, so that a registry of any size is exported without being held. Only its groups are, which are small
 * and picked by hand.
 *
 * A document has one version of a server: the latest. The servers of a group are versions of their own, so those are
 * taken too.
 */
import { groupOfServerJson, serverJsonToToolhive } from './convert.ts';
import { groupsOf, toolhiveMembers, upstreamMembers } from './document-envelope.ts';
import type { EntryStatus } from './entry.ts';
import { type JsonObject, textOf } from './json.ts';
import type { ToolhiveServer } from './toolhive-format.ts';

export interface ExportedEntry {
  readonly name: string;
  /** The text of its server.json. */
  readonly document: string;
  readonly status: EntryStatus;
  readonly isLatest: boolean;
}

export interface RegistryExport {
  /** Called once for each part of the document; every time the same entries in the same order. */
  readonly readEntries: () => AsyncIterable<ExportedEntry>;
  /** Of the documents that the registry's sources were read from. */
  readonly envelopes: readonly JsonObject[];
  /** RFC 3339; written where no envelope says a date. */
  readonly lastUpdated: string;
}

/** `{version, last_updated, servers, remote_servers, groups}`, without the servers that ToolHive could not run. */
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

/** `{version, meta: {last_updated}, data: {servers, groups}}`, with each server.json as its source has it. */
export async function* upstreamDocument(registry: RegistryExport): AsyncGenerator<string> {
  const groups = new Groups<string>(registry.envelopes);
  yield `${openObject(upstreamMembers(registry.envelopes, registry.lastUpdated))}"data":{"servers":[`;
  let separator = '\n';
  for await (const { document, isLatest } of registry.readEntries()) {
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
  yield '}}\n';
}

/** The entry as ToolHive has it, or null for one that it could not run. */
export function toolhiveServer({
  document,
  status,
}: Pick<ExportedEntry, 'document' | 'status'>): ToolhiveServer | null {
  const server = serverJsonToToolhive(JSON.parse(document) as JsonObject);
  return server && { ...server, entry: withStatus(server.entry, status) };
}

/** What the registry knows of the entry's status counts; how ToolHive spells it (`Active`) is kept. */
function withStatus(entry: JsonObject, status: EntryStatus): JsonObject {
  const written = textOf(entry['status'])?.toLowerCase() ?? 'active';
  return (written === 'deprecated') === (status === 'deprecated') ? entry : { ...entry, status };
}

interface NamedServer {
  readonly name: string;
  readonly server: ToolhiveServer;
}

/** The servers at the top of the document; on the way those of groups are put into them. */
async function* serversIn(
  { readEntries }: RegistryExport,
  groups?: Groups<ToolhiveServer>,
): AsyncGenerator<NamedServer> {
  for await (const entry of readEntries()) {
    const server = toolhiveServer(entry);
    if (server?.group !== undefined) groups?.add(server.group, server);
    else if (server !== null && entry.isLatest) yield { name: entry.name, server };
  }
}

/** The members of one of the maps at the top of the document. */
async function* serverMap(servers: AsyncIterable<NamedServer>, remote: boolean): AsyncGenerator<string> {
  /** Two sources may use one key for servers of different names. A name is a key of its own. */
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

/** The groups of a document by name: those of the envelopes in order, then those that only entries mention. */
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

/** A map is there where there are servers in it, and where the envelope has it. */
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

/** An object that goes on after these members. */
function openObject(members: JsonObject): string {
  return `{${[...Object.entries(members).map(memberText), ''].join(',')}`;
}

function memberText([name, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}
