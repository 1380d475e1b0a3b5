/**
 * The ToolHive format of a registry document:
 * `{version, last_updated, servers: {key: entry}, remote_servers: {key: entry}, groups: [{name, servers, remote_servers}]}`.
 * Entries of `servers` run from an image. Entries of `remote_servers` have a URL.
 */
import { publisherExtension } from '../server-json/extension.ts';
import { isJsonObject, type JsonObject } from '../json.ts';

/** A server of a ToolHive document and its place in it. */
export interface ToolhiveServer {
  /** Its key in the map of servers. */
  readonly key: string;
  readonly entry: JsonObject;
  /** Whether the map is `remote_servers`. */
  readonly remote: boolean;
  /** The name of the group that contains the map. Absent at the top of the document. */
  readonly group?: string | undefined;
}

/** The key of ToolHive's own members in the publisher's extension of a server.json. */
export const TOOLHIVE_PUBLISHER = 'io.github.stacklok';

/** The namespace for servers without one: ToolHive's own names are plain words. */
export const TOOLHIVE_NAMESPACE = 'io.github.stacklok';

/** Returns the name under which a server is served. */
export function toolhiveServerName(name: string): string {
  return name.includes('/') ? name : `${TOOLHIVE_NAMESPACE}/${name}`;
}

/** Members of an entry that server.json can't express. ToolHive's extension contains them unchanged. */
const SHARED_MEMBERS = [
  'status',
  'tier',
  'tools',
  'tags',
  'overview',
  'tool_definitions',
  'metadata',
  'custom_metadata',
  'proxy_port',
  'stateless',
] as const;

/** Returns the members of ToolHive's extension for a server with an image or with a URL. */
export function extensionMembers(remote: boolean): readonly string[] {
  return remote
    ? [...SHARED_MEMBERS, 'oauth_config', 'env_vars']
    : [...SHARED_MEMBERS, 'permissions', 'args', 'provenance', 'docker_tags'];
}

/**
 * Returns ToolHive's extension of a server.json: the one for the image or URL of the server, or else the first one, as
 * ToolHive itself does.
 */
export function toolhiveExtension(document: unknown, identifier?: string): JsonObject | undefined {
  const extensions = publisherExtension(document)?.[TOOLHIVE_PUBLISHER];
  if (!isJsonObject(extensions)) {
    return undefined;
  }
  const own = identifier !== undefined && Object.hasOwn(extensions, identifier) ? extensions[identifier] : undefined;
  return isJsonObject(own) ? own : Object.values(extensions).find(isJsonObject);
}
