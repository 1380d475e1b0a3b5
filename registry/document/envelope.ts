/**
 * The envelope of a registry document: its members other than entries (`$schema`, `version`, `last_updated`), and its
 * maps and groups without servers. With the envelope, an export equals the document that was read, except for the order
 * of members. A registry has one envelope per source, in the order of its sources.
 */
import { isJsonObject, type JsonObject, objectsOf, textOf } from '../json.ts';

/** The default version of both document formats. */
const FORMAT_VERSION = '1.0.0';

/**
 * The members of a ToolHive document other than its groups. They come from the first envelope in this format. If there
 * is none, version and date come from the first envelope that has them. An empty `remote_servers` is included, unless
 * the original document had none.
 *
 * @param lastUpdated default date (RFC 3339)
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

/** The members of a document in upstream format other than `data`. */
export function upstreamMembers(envelopes: readonly JsonObject[], lastUpdated: string): JsonObject {
  const own = envelopes.find((envelope) => upstreamDate(envelope) !== undefined);
  if (own === undefined) {
    const { version, date } = saidOtherwise(envelopes, toolhiveDate);
    return { version, meta: { last_updated: date ?? lastUpdated } };
  }
  const { data: _data, groups: _groups, ...members } = own;
  return { version: FORMAT_VERSION, ...members };
}

/** The groups of all documents without their servers. For groups with the same name, the first one is used. */
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
