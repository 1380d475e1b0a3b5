/** A registry as a ToolHive registry document. */
import type { Transaction } from '../db/connection.ts';
import { type EntryRow, streamEntries } from '../db/entries.ts';
import { listEnvelopes } from '../db/sources.ts';
import { serverJsonToToolhive } from '../registry/convert.ts';
import { isJsonObject, type JsonObject, textOf } from '../registry/json.ts';
import type { ToolhiveServer } from '../registry/toolhive-format.ts';
import { entriesOf, type RegistryView } from './access/visibility.ts';

/**
 * The document in pieces: the latest version of each server that ToolHive can run or reach. Servers of a group are
 * versions of their own, so those are taken too.
 *
 * Its maps stand one after the other while the entries come in the order of their names, so the entries are read once
 * for each map: a registry of any size is exported without being held. Only groups are, which are small and picked by
 * hand.
 */
export async function* toolhiveDocument(transaction: Transaction, view: RegistryView): AsyncIterable<string> {
  const envelope = await registryEnvelope(transaction, view);
  const { groups, ...members } = envelope;
  yield JSON.stringify(members).slice(0, -1);
  yield ',"servers":';
  yield* serverMap(transaction, view, (server) => !server.remote && server.group === undefined);
  yield ',"remote_servers":';
  yield* serverMap(transaction, view, (server) => server.remote && server.group === undefined);
  if (groups.length > 0) yield `,"groups":${JSON.stringify(await withServers(transaction, view, groups))}`;
  yield '}\n';
}

/** One server of the registry in ToolHive format, with its status from its lifecycle. */
export function toToolhive(entry: EntryRow): ToolhiveServer | null {
  const server = serverJsonToToolhive(JSON.parse(entry.document) as JsonObject);
  if (server === null || entry.status !== 'deprecated') return server;
  const isSaid = textOf(server.entry['status'])?.toLowerCase() === 'deprecated';
  return isSaid ? server : { ...server, entry: { ...server.entry, status: 'deprecated' } };
}

async function* serverMap(
  transaction: Transaction,
  view: RegistryView,
  belongs: (server: ToolhiveServer) => boolean,
): AsyncIterable<string> {
  let separator = '';
  yield '{';
  for await (const entry of streamEntries(transaction, { ...entriesOf(view), includeDeleted: false })) {
    const server = toToolhive(entry);
    if (server === null || !belongs(server) || (server.group === undefined && !entry.isLatest)) continue;
    yield `${separator}\n${JSON.stringify(server.key)}:${JSON.stringify(server.entry)}`;
    separator = ',';
  }
  yield '}';
}

/** The groups with their servers; a map that would be empty is left out. */
async function withServers(
  transaction: Transaction,
  view: RegistryView,
  groups: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const filled = new Map(groups.map((group) => [group['name'], { ...group }]));
  for await (const entry of streamEntries(transaction, { ...entriesOf(view), includeDeleted: false })) {
    const server = toToolhive(entry);
    const group = server?.group === undefined ? undefined : filled.get(server.group);
    if (server === null || group === undefined) continue;
    const map = server.remote ? 'remote_servers' : 'servers';
    group[map] = { ...(group[map] as JsonObject | undefined), [server.key]: server.entry };
  }
  return [...filled.values()];
}

interface Envelope extends JsonObject {
  readonly version: string;
  readonly last_updated: string;
  readonly groups: readonly JsonObject[];
}

/** What the documents of the registry's sources say beside their servers; of several the first that says it. */
async function registryEnvelope(transaction: Transaction, view: RegistryView): Promise<Envelope> {
  const texts = await listEnvelopes(transaction, entriesOf(view));
  const envelopes = texts.flatMap((text) => {
    const envelope: unknown = JSON.parse(text);
    return isJsonObject(envelope) && typeof envelope['last_updated'] === 'string' ? [envelope] : [];
  });
  const groups = envelopes.flatMap((envelope) => groupsOf(envelope));
  return {
    version: '1.0.0',
    last_updated: view.registry.updatedAt,
    ...envelopes[0],
    groups: groups.filter((group, index) => groups.findIndex(({ name }) => name === group['name']) === index),
  };
}

function groupsOf(envelope: JsonObject): JsonObject[] {
  return Array.isArray(envelope['groups']) ? envelope['groups'].filter(isJsonObject) : [];
}
