/** Converts an entry from the tables of ToolHive Registry Server to its document. */
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../json.ts';
import { PUBLISHER_PROVIDED } from '../server-json/extension.ts';

/** The schema that ToolHive Registry Server names in every answer. It doesn't store which one a publisher named. */
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/**
 * One version of a server, skill, or plugin, with the members that `db/toolhive/published.ts` selects. Those that a
 * publisher left out are null or empty.
 */
export interface ToolhiveStored extends JsonObject {
  readonly name: string;
  readonly version: string;
}

export interface ToolhiveStoredSkill extends ToolhiveStored {
  readonly namespace: string;
  /** The status in upper case, `ACTIVE` by default. */
  readonly status: string;
}

/** The server.json, without members that are empty. */
export function toolhiveStoredToServerJson(stored: ToolhiveStored): JsonObject {
  const { name, title, description, version, website, packages, remotes, icons, publisherProvided } = stored;
  const repository = memberOf(stored, 'repository');
  const provided = isJsonObject(publisherProvided) && Object.keys(publisherProvided).length > 0;
  return withoutEmpty({
    $schema: SCHEMA,
    name,
    title,
    description,
    version,
    websiteUrl: website,
    repository: textOf(repository['url']) === undefined ? undefined : withoutEmpty(repository),
    icons: objectsOf(icons).map(({ theme, ...icon }) => withoutEmpty({ ...icon, theme: textOf(theme)?.toLowerCase() })),
    packages: objectsOf(packages).map(packageJson),
    remotes: objectsOf(remotes).map(transportJson),
    _meta: provided ? { [PUBLISHER_PROVIDED]: publisherProvided } : undefined,
  });
}

/** The document of a skill or plugin, without members that are empty. An active one gets no status. */
export function toolhiveStoredToSkill(stored: ToolhiveStoredSkill): JsonObject {
  const { status, extensions, ociPackages, gitPackages, ...members } = stored;
  return withoutEmpty({
    ...members,
    status: status === 'ACTIVE' ? undefined : status.toLowerCase(),
    packages: [
      ...objectsOf(ociPackages).map((part) => withoutEmpty({ registryType: 'oci', ...part })),
      ...objectsOf(gitPackages).map((part) => withoutEmpty({ registryType: 'git', ...part })),
    ],
    _meta: extensions,
  });
}

function packageJson(stored: JsonObject): JsonObject {
  return withoutEmpty({
    ...stored,
    runtimeArguments: objectsOf(stored['runtimeArguments']),
    packageArguments: objectsOf(stored['packageArguments']),
    environmentVariables: objectsOf(stored['environmentVariables']),
    transport: transportJson(memberOf(stored, 'transport')),
  });
}

function transportJson({ type, url, headers }: JsonObject): JsonObject {
  return withoutEmpty({ type, url, headers: objectsOf(headers) });
}

/** ToolHive Registry Server stores an empty text or list where the publisher left a member out. */
function withoutEmpty(members: object): JsonObject {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)));
}
