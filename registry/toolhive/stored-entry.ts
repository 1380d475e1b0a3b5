/** Converts an entry from the tables of ToolHive Registry Server to its document. */
import { isJsonObject, type JsonObject, objectsOf, textOf } from '../json.ts';
import { PUBLISHER_PROVIDED } from '../server-json/extension.ts';

/** The schema that ToolHive Registry Server names in every answer. It doesn't store which one a publisher named. */
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** One version of a server. Texts that a publisher left out are null or empty. */
export interface ToolhiveStoredServer {
  readonly name: string;
  readonly version: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly website: string | null;
  readonly repository: { readonly [member in 'url' | 'source' | 'id' | 'subfolder']: string | null };
  /** What the publisher provided in `_meta`. */
  readonly publisherProvided: unknown;
  readonly packages: readonly ToolhiveStoredPackage[];
  readonly remotes: readonly ToolhiveStoredTransport[];
  readonly icons: readonly { readonly src: string; readonly mimeType: string; readonly theme: string }[];
}

export interface ToolhiveStoredTransport {
  readonly type: string;
  readonly url: string | null;
  readonly headers: unknown;
}

export interface ToolhiveStoredPackage {
  readonly registryType: string;
  readonly registryBaseUrl: string | null;
  readonly identifier: string;
  readonly version: string | null;
  readonly fileSha256: string | null;
  readonly runtimeHint: string | null;
  readonly runtimeArguments: unknown;
  readonly packageArguments: unknown;
  readonly environmentVariables: unknown;
  readonly transport: ToolhiveStoredTransport;
}

/** One version of a skill or plugin. Texts that a publisher left out are null or empty. */
export interface ToolhiveStoredSkill {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  /** In upper case, `ACTIVE` by default. */
  readonly status: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly license: string | null;
  /** Only of skills, like `allowedTools`. */
  readonly compatibility?: string | null;
  readonly allowedTools?: readonly string[] | null;
  readonly repository: unknown;
  readonly icons: unknown;
  readonly metadata: unknown;
  readonly extensions: unknown;
  readonly ociPackages: readonly JsonObject[];
  readonly gitPackages: readonly JsonObject[];
}

/** The server.json, without members that are empty. */
export function toolhiveStoredToServerJson(stored: ToolhiveStoredServer): JsonObject {
  const { packages, remotes, icons, repository, publisherProvided } = stored;
  const provided = isJsonObject(publisherProvided) && Object.keys(publisherProvided).length > 0;
  return withoutEmpty({
    $schema: SCHEMA,
    name: stored.name,
    title: stored.title,
    description: stored.description,
    version: stored.version,
    websiteUrl: stored.website,
    repository: textOf(repository.url) === undefined ? undefined : withoutEmpty(repository),
    icons: icons.map(({ theme, ...icon }) => withoutEmpty({ ...icon, theme: theme.toLowerCase() })),
    packages: packages.map(packageJson),
    remotes: remotes.map(transportJson),
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
      ...ociPackages.map((part) => withoutEmpty({ registryType: 'oci', ...part })),
      ...gitPackages.map((part) => withoutEmpty({ registryType: 'git', ...part })),
    ],
    _meta: extensions,
  });
}

function packageJson(stored: ToolhiveStoredPackage): JsonObject {
  return withoutEmpty({
    ...stored,
    runtimeArguments: objectsOf(stored.runtimeArguments),
    packageArguments: objectsOf(stored.packageArguments),
    environmentVariables: objectsOf(stored.environmentVariables),
    transport: transportJson(stored.transport),
  });
}

function transportJson({ type, url, headers }: ToolhiveStoredTransport): JsonObject {
  return withoutEmpty({ type, url, headers: objectsOf(headers) });
}

/** ToolHive Registry Server stores an empty text or list where the publisher left a member out. */
function withoutEmpty(members: object): JsonObject {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)));
}
