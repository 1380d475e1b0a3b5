/**
 * The ToolHive format of a registry document:
 * `{version, last_updated, servers: {key: entry}, remote_servers: {key: entry}, groups: [{name, servers, remote_servers}]}`.
 * An entry of `servers` is run from an image, one of `remote_servers` is reached at a URL.
 */
import { publisherExtension } from './extension.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** One server of a ToolHive document and where it stands in it. */
export interface ToolhiveServer {
  /** Its key in the map of servers. */
  readonly key: string;
  readonly entry: JsonObject;
  /** Whether the map is `remote_servers`. */
  readonly remote: boolean;
  /** The name of the group that the map is in; absent at the top of the document. */
  readonly group?: string | undefined;
}

/** Under this name ToolHive keeps its own members in the publisher's extension of a server.json. */
export const TOOLHIVE_PUBLISHER = 'io.github.stacklok';

/** The namespace of servers whose name has none: ToolHive's own names are plain words. */
export const TOOLHIVE_NAMESPACE = 'io.github.stacklok';

/** The name that a server is served under. */
export function toolhiveServerName(name: string): string {
  return name.includes('/') ? name : `${TOOLHIVE_NAMESPACE}/${name}`;
}

/** The members of an entry that server.json has no place for; ToolHive's extension takes them as they are. */
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

/** The members that ToolHive's extension has for a server that is run from an image, or reached at a URL. */
export function extensionMembers(remote: boolean): readonly string[] {
  return remote
    ? [...SHARED_MEMBERS, 'oauth_config', 'env_vars']
    : [...SHARED_MEMBERS, 'permissions', 'args', 'provenance', 'docker_tags'];
}

/**
 * ToolHive's extension of a server.json: the one under the image or URL of the server, or, as ToolHive itself reads
 * it, the first one.
 */
export function toolhiveExtension(document: unknown, identifier?: string): JsonObject | undefined {
  const extensions = publisherExtension(document)?.[TOOLHIVE_PUBLISHER];
  if (!isJsonObject(extensions)) {
    return undefined;
  }
  const own = identifier !== undefined && Object.hasOwn(extensions, identifier) ? extensions[identifier] : undefined;
  return isJsonObject(own) ? own : Object.values(extensions).find(isJsonObject);
}
