/**
 * The generations of server.json. Published documents of all generations are served unchanged. This file converts them
 * for code that only knows the current generation.
 *
 * Until 2025-09-16, member names had underscores (`registry_type`), remotes had a `transport_type`, and the first
 * packages were `{registry_name, name}`. Later generations (2025-09-29, 2025-10-17, 2025-12-11) removed members or made
 * them optional, so code for the latest generation can read them too.
 */
import { isJsonObject, type JsonObject, objectsOf } from '../json.ts';

/** The `$schema` of the current generation. */
export const CURRENT_SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** Current names of members of packages, transports, arguments, and inputs, by their names before 2025-09-16. */
const RENAMED = {
  registry_type: 'registryType',
  registry_name: 'registryType',
  registry_base_url: 'registryBaseUrl',
  file_sha256: 'fileSha256',
  runtime_hint: 'runtimeHint',
  runtime_arguments: 'runtimeArguments',
  package_arguments: 'packageArguments',
  environment_variables: 'environmentVariables',
  transport_type: 'type',
  is_required: 'isRequired',
  is_secret: 'isSecret',
  is_repeated: 'isRepeated',
  value_hint: 'valueHint',
} as const;

export function currentName(member: string): string | undefined {
  return Object.hasOwn(RENAMED, member) ? RENAMED[member as keyof typeof RENAMED] : undefined;
}

/** Returns the packages and remotes of a server.json of any generation in the current form. */
export function currentPackagesAndRemotes(document: JsonObject): { packages: JsonObject[]; remotes: JsonObject[] } {
  return { packages: listOf(document['packages']).map(currentPackage), remotes: listOf(document['remotes']) };
}

function listOf(value: unknown): JsonObject[] {
  return objectsOf(value).map((element) => renamed(element) as JsonObject);
}

function currentPackage(found: JsonObject): JsonObject {
  const { name, ...rest } = found;
  return rest['identifier'] === undefined && typeof name === 'string' ? { ...rest, identifier: name } : found;
}

/** Renames members at all levels, except in `variables`, whose member names are chosen by the publisher. */
function renamed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(renamed);
  }
  if (!isJsonObject(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [
      currentName(member) ?? member,
      member === 'variables' ? variables(inner) : renamed(inner),
    ]),
  );
}

function variables(value: unknown): unknown {
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, input]) => [name, renamed(input)]))
    : value;
}
