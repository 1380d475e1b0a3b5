/**
 * The generations of server.json. Published documents are of any of them and are served as they came; this file is for
 * code that reads one and wants to know one way of writing only.
 *
 * Until 2025-09-16 members had underscores (`registry_type`), a remote had a `transport_type`, and the first packages
 * were `{registry_name, name}`. The later generations (2025-09-29, 2025-10-17, 2025-12-11) took members away or made
 * them optional, so that reading the latest reads them all.
 */
import { isJsonObject, type JsonObject, objectsOf } from './json.ts';

/** The `$schema` of the current generation. */
export const CURRENT_SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** What the members of a package, a transport, an argument or an input were called before 2025-09-16. */
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

/** What a member is called today, where it once had another name. */
export function currentName(member: string): string | undefined {
  return Object.hasOwn(RENAMED, member) ? RENAMED[member as keyof typeof RENAMED] : undefined;
}

/** The packages and remotes of a server.json of any generation, as the current one writes them. */
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

/** Renames at every level except in `variables`, whose members are names that the publisher chose. */
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
