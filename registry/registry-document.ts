/**
 * Whole registry documents, in either format, as text in pieces: a document is written while its entries are read.
 *
 * The envelope is what the document that a source was read from says beside its entries (`$schema`, `version`,
 * `last_updated`, each group without its servers). Written with it, a ToolHive document is the one that was read, up
 * to the order of members.
 */
import { serverJsonToToolhive } from './convert.ts';
import type { EntryStatus } from './entry.ts';
import { isJsonObject, type JsonObject, objectsOf, textOf } from './json.ts';
import type { ToolhiveServer } from './toolhive-format.ts';

/** The version of both document formats that is written where no envelope says another. */
const FORMAT_VERSION = '1.0.0';

export interface ExportedEntry {
  /** The text of its server.json. */
  readonly document: string;
  readonly status: EntryStatus;
  readonly isLatest: boolean;
}

export interface ToolhiveExport {
  /** Called once for each part of the document; every time the same entries in the same order. */
  readonly readEntries: () => AsyncIterable<ExportedEntry>;
  /** Without one the document gets the members that the format demands. */
  readonly envelope?: JsonObject | undefined;
  /** RFC 3339; written where there is no envelope. */
  readonly lastUpdated: string;
}

/**
 * A ToolHive document. It has one version of a server, so of each the latest, and what stands in groups; a server that
 * ToolHive could not run is left out.
 */
export async function* toolhiveDocument(source: ToolhiveExport): AsyncGenerator<string> {
  const envelope = source.envelope ?? { version: FORMAT_VERSION, last_updated: source.lastUpdated };
  const { servers: _servers, remote_servers: remoteServers, groups, ...members } = envelope;
  yield `{${[...Object.entries(members).map(memberText), ''].join(',')}"servers":{`;
  yield* serverMap(source, false);
  yield '}';
  yield* remoteServersMember(source, remoteServers !== undefined);
  const written = await groupsOf(source, objectsOf(groups));
  if (written.length > 0 || groups !== undefined) {
    yield `,"groups":${JSON.stringify(written)}`;
  }
  yield '}';
}

async function* remoteServersMember(source: ToolhiveExport, always: boolean): AsyncGenerator<string> {
  const opening = ',"remote_servers":{';
  let opened = always;
  if (always) {
    yield opening;
  }
  for await (const text of serverMap(source, true)) {
    if (!opened) {
      yield opening;
      opened = true;
    }
    yield text;
  }
  if (opened) {
    yield '}';
  }
}

/** The members of one of the maps at the top of the document. */
async function* serverMap({ readEntries }: ToolhiveExport, remote: boolean): AsyncGenerator<string> {
  const keys = new Set<string>();
  for await (const exported of readEntries()) {
    const { name, server } = toolhiveServer(exported);
    if (server === null || server.group !== undefined || server.remote !== remote || !exported.isLatest) {
      continue;
    }
    // Two sources may use one key for servers of different names.
    const key = keys.has(server.key) ? name : server.key;
    if (!keys.has(key)) {
      yield `${keys.size === 0 ? '' : ','}${memberText([key, server.entry])}`;
      keys.add(key);
    }
  }
}

interface Group {
  readonly members: JsonObject;
  readonly servers: Map<string, JsonObject>;
  readonly remoteServers: Map<string, JsonObject>;
}

/** All groups: those of the envelope in their order, then those that only entries speak of. */
async function groupsOf({ readEntries }: ToolhiveExport, envelope: readonly JsonObject[]): Promise<JsonObject[]> {
  const groups = envelope.map(newGroup);
  const byName = new Map(groups.toReversed().map((group) => [textOf(group.members['name']) ?? '', group]));
  for await (const exported of readEntries()) {
    const { server } = toolhiveServer(exported);
    if (server?.group === undefined) {
      continue;
    }
    let group = byName.get(server.group);
    if (group === undefined) {
      group = newGroup({ name: server.group, description: '' });
      groups.push(group);
      byName.set(server.group, group);
    }
    (server.remote ? group.remoteServers : group.servers).set(server.key, server.entry);
  }
  return groups.map(groupJson);
}

function newGroup(members: JsonObject): Group {
  return { members, servers: new Map(), remoteServers: new Map() };
}

function groupJson({ members, servers, remoteServers }: Group): JsonObject {
  return {
    ...members,
    ...(servers.size > 0 && { servers: Object.fromEntries(servers) }),
    ...(remoteServers.size > 0 && { remote_servers: Object.fromEntries(remoteServers) }),
  };
}

function toolhiveServer({ document, status }: ExportedEntry): { name: string; server: ToolhiveServer | null } {
  const parsed: unknown = JSON.parse(document);
  const server = isJsonObject(parsed) ? serverJsonToToolhive(parsed) : null;
  return {
    name: isJsonObject(parsed) ? String(parsed['name']) : '',
    server: server && { ...server, entry: withStatus(server.entry, status) },
  };
}

/** What the registry knows of the entry's status counts; how ToolHive spells it (`Active`) is kept. */
function withStatus(entry: JsonObject, status: EntryStatus): JsonObject {
  const written = textOf(entry['status'])?.toLowerCase() ?? 'active';
  return (written === 'deprecated') === (status === 'deprecated') ? entry : { ...entry, status };
}

export interface UpstreamExport {
  /** The texts of the server.json documents. */
  readonly documents: AsyncIterable<string>;
  /** Without one the document gets the members that the format demands. */
  readonly envelope?: JsonObject | undefined;
  /** RFC 3339; written where there is no envelope. */
  readonly lastUpdated: string;
}

/** A registry document in the upstream format: `{version, meta: {last_updated}, data: {servers: [server.json]}}`. */
export async function* upstreamDocument(source: UpstreamExport): AsyncGenerator<string> {
  const envelope = source.envelope ?? { version: FORMAT_VERSION, meta: { last_updated: source.lastUpdated } };
  const members = Object.entries(envelope).filter(([name]) => name !== 'data');
  yield `{${[...members.map(memberText), ''].join(',')}"data":{"servers":[`;
  let separator = '';
  for await (const document of source.documents) {
    yield separator + document;
    separator = ',';
  }
  yield ']}}';
}

function memberText([name, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}
