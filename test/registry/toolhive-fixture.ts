/** A ToolHive document with every member that the format has. */
import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject, objectsOf } from '../../registry/json.ts';
import type { ToolhiveServer } from '../../registry/toolhive/format.ts';

export const TOOLHIVE_DOCUMENT = JSON.parse(
  readFileSync(new URL('../fixtures/toolhive/registry.json', import.meta.url), 'utf8'),
) as JsonObject;

/** All servers of a ToolHive document, those in its groups too. */
export function serversOf(document: JsonObject): ToolhiveServer[] {
  const top = [...serversIn(document, false), ...serversIn(document, true)];
  const grouped = objectsOf(document['groups']).flatMap((group) =>
    [...serversIn(group, false), ...serversIn(group, true)].map((server) => ({
      ...server,
      group: String(group['name']),
    })),
  );
  return [...top, ...grouped];
}

function serversIn(container: JsonObject, remote: boolean): ToolhiveServer[] {
  const servers = container[remote ? 'remote_servers' : 'servers'];
  return Object.entries(isJsonObject(servers) ? servers : {}).map(([key, entry]) => ({
    key,
    entry: entry as JsonObject,
    remote,
  }));
}
