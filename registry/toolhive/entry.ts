/**
 * Selects the known members of a ToolHive entry. Other members may be secret, such as `env` and `headers` in the
 * configuration of an MCP client, so they are never published.
 */
import { isJsonObject, type JsonObject } from '../json.ts';

/** The type of a member. `inputs` are variables or headers that the user provides. */
type Kind = 'text' | 'number' | 'boolean' | 'texts' | 'object' | 'objects' | 'inputs' | 'oauth';

const SHARED: Readonly<Record<string, Kind>> = {
  name: 'text',
  title: 'text',
  description: 'text',
  overview: 'text',
  tier: 'text',
  status: 'text',
  transport: 'text',
  repository_url: 'text',
  tools: 'texts',
  tool_definitions: 'objects',
  tags: 'texts',
  env_vars: 'inputs',
  metadata: 'object',
  custom_metadata: 'object',
  proxy_port: 'number',
  stateless: 'boolean',
};
const OF_IMAGES: Readonly<Record<string, Kind>> = {
  ...SHARED,
  image: 'text',
  target_port: 'number',
  permissions: 'object',
  args: 'texts',
  docker_tags: 'texts',
  provenance: 'object',
};
const OF_REMOTES: Readonly<Record<string, Kind>> = { ...SHARED, url: 'text', headers: 'inputs', oauth_config: 'oauth' };

const INPUT_MEMBERS = new Set(['name', 'description', 'required', 'secret', 'default', 'choices']);
const OAUTH_MEMBERS = new Set([
  'issuer',
  'authorize_url',
  'token_url',
  'client_id',
  'scopes',
  'use_pkce',
  'oauth_params',
  'callback_port',
  'resource',
]);

/** An entry is rejected if one of these isn't text, because they identify the server. */
const IDENTIFYING = ['name', 'title', 'description', 'image', 'url'] as const;
const NOT_TEXT = 'must be text: put it in quotes';

export type TakenEntry =
  | { readonly entry: JsonObject; readonly warnings: readonly string[] }
  | { readonly problem: string };

/** Returns the known members of an entry, or the reason why it isn't an entry of `servers` (or `remote_servers`). */
export function takeToolhiveEntry(found: JsonObject, remote: boolean): TakenEntry {
  const kinds = remote ? OF_REMOTES : OF_IMAGES;
  const noText = IDENTIFYING.find((member) => member in kinds && typeof (found[member] ?? '') !== 'string');
  if (noText !== undefined) return { problem: `${noText} ${NOT_TEXT}` };
  const required = remote ? 'url' : 'image';
  if (typeof found[required] !== 'string' || found[required] === '') {
    const where = remote ? 'remote_servers' : 'servers';
    const hint = "the configuration file of an MCP client, for example, isn't a registry document";
    return {
      problem: `${required} is missing: without it, this isn't an entry of ${where} in ToolHive's format (${hint})`,
    };
  }
  const warnings: string[] = [];
  const members = Object.entries(found).flatMap(([name, value]) => {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) warnings.push(`${name.slice(0, 100)} isn't part of ToolHive's format; ignored`);
    const taken = kind === undefined ? undefined : takeValue(kind, value, { name, warnings });
    return taken === undefined ? [] : [[name, taken] as const];
  });
  return { entry: Object.fromEntries(members), warnings };
}

interface Place {
  readonly name: string;
  readonly warnings: string[];
}

/** Returns the valid parts of a value, or undefined if there are none. Go programs write null for missing values. */
function takeValue(kind: Kind, value: unknown, place: Place): unknown {
  if (value === null) return null;
  switch (kind) {
    case 'texts':
      return takeElements(value, place, {
        expected: NOT_TEXT,
        take: (element) => (typeof element === 'string' ? element : undefined),
      });
    case 'objects':
      return takeElements(value, place, {
        expected: 'must be an object',
        take: (element) => (isJsonObject(element) ? element : undefined),
      });
    case 'inputs':
      return takeElements(value, place, {
        expected: 'must be an object',
        take: (element, path) =>
          isJsonObject(element) ? takeMembers(element, INPUT_MEMBERS, { ...place, name: path }) : undefined,
      });
    case 'oauth':
      if (isJsonObject(value)) return takeMembers(value, OAUTH_MEMBERS, place);
      break;
    case 'object':
      if (isJsonObject(value)) return value;
      break;
    case 'text':
      if (typeof value === 'string') return value;
      break;
    case 'number':
    case 'boolean':
      if (typeof value === kind) return value;
      break;
  }
  place.warnings.push(`${place.name} ${kind === 'text' ? NOT_TEXT : `must be ${article(kind)}`}; ignored`);
  return undefined;
}

function article(kind: Kind): string {
  return kind === 'oauth' || kind === 'object' ? 'an object' : `a ${kind}`;
}

interface Elements {
  readonly expected: string;
  readonly take: (element: unknown, path: string) => unknown;
}

function takeElements(list: unknown, { name, warnings }: Place, { expected, take }: Elements): unknown[] | undefined {
  if (!Array.isArray(list)) {
    warnings.push(`${name} must be a list; ignored`);
    return undefined;
  }
  return list.flatMap((element: unknown, index) => {
    const path = `${name}[${index}]`;
    const taken = take(element, path);
    if (taken === undefined) warnings.push(`${path} ${expected}; ignored`);
    return taken === undefined ? [] : [taken];
  });
}

function takeMembers(object: JsonObject, known: ReadonlySet<string>, { name, warnings }: Place): JsonObject {
  const members = Object.entries(object).filter(([member]) => {
    if (!known.has(member)) warnings.push(`${name}.${member.slice(0, 100)} isn't part of ToolHive's format; ignored`);
    return known.has(member);
  });
  return Object.fromEntries(members);
}
