/**
 * The envelope of a registry document: what it says beside its entries (`$schema`, `version`, `last_updated`), and its
 * maps and groups without a server in them. Written with it, a document is the one that was read, up to the order of
 * its members. A registry that several sources show has an envelope of each, in their order.
 */
import { isJsonObject, type JsonObject, objectsOf, textOf } from './json.ts';

/** The version of both document formats that is written where no envelope says another. */
const FORMAT_VERSION = '1.0.0';

/**
 * What stands in a ToolHive document beside its groups: as the first envelope of this format says, else with version and
 * date of the first that has any. `remote_servers` is there, empty, unless the envelope shows that the document had none.
 *
 * @param lastUpdated RFC 3339; the date where no envelope says one
 */
export function toolhiveMembers(envelopes: readonly JsonObject[], lastUpdated: string): JsonObject {
  const own = envelopes.find((envelope) => toolhiveDate(envelope) !== undefined);
  if (own === undefined) {
    const { version, date } = saidOtherwise(envelopes, upstreamDate);
    return { version, last_updated: date ?? lastUpdated, remote_servers: {} };
  }
  const { servers: _servers, groups: _groups, ...members } = own;
  return { version: FORMAT_VERSION, ...members };
}

/** The same for a document in upstream format, beside its `data`. */
export function upstreamMembers(envelopes: readonly JsonObject[], lastUpdated: string): JsonObject {
  const own = envelopes.find((envelope) => upstreamDate(envelope) !== undefined);
  if (own === undefined) {
    const { version, date } = saidOtherwise(envelopes, toolhiveDate);
    return { version, meta: { last_updated: date ?? lastUpdated } };
  }
  const { data: _data, groups: _groups, ...members } = own;
  return { version: FORMAT_VERSION, ...members };
}

/** The groups of all documents without their servers, each once; one of a name that came before is the same group. */
export function groupsOf(envelopes: readonly JsonObject[]): JsonObject[] {
  const byName = new Map<unknown, JsonObject>();
  for (const group of envelopes.flatMap((envelope) => objectsOf(envelope['groups']))) {
    if (!byName.has(group['name'])) byName.set(group['name'], group);
  }
  return [...byName.values()];
}

function saidOtherwise(
  envelopes: readonly JsonObject[],
  dateOf: (envelope: JsonObject) => string | undefined,
): { version: string; date: string | undefined } {
  const envelope = envelopes.find((candidate) => dateOf(candidate) !== undefined) ?? {};
  return { version: textOf(envelope['version']) ?? FORMAT_VERSION, date: dateOf(envelope) };
}

function toolhiveDate(envelope: JsonObject): string | undefined {
  return textOf(envelope['last_updated']);
}

function upstreamDate({ meta }: JsonObject): string | undefined {
  return isJsonObject(meta) ? textOf(meta['last_updated']) : undefined;
}
