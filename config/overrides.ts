/** Environment variables that override settings: `THV_REGISTRY_DATABASE_HOST` for `database.host`. */

import { isJsonObject, type JsonObject } from '../registry/json.ts';
import type { ConfigurationFinding } from './model.ts';
import type { Path } from './document.ts';
import type { SchemaNode } from './schema/json-schema.ts';
import { PASSWORD_VARIABLES } from './settings.ts';
import { didYouMean } from './suggestion.ts';

const PREFIX = 'THV_REGISTRY_';

/** Variables that are read elsewhere, or that set features of ToolHive Registry Server that need no setting here. */
const OTHER_VARIABLES: readonly string[] = [
  PASSWORD_VARIABLES.override,
  PASSWORD_VARIABLES.migrationOverride,
  'THV_REGISTRY_INSECURE_URL',
  'THV_REGISTRY_COMPRESS_RESPONSE',
  'THV_REGISTRY_WATCH_NAMESPACE',
  'THV_REGISTRY_LEADER_ELECTION_ID',
];

interface Scalar {
  readonly path: readonly string[];
  readonly types: ReadonlySet<string>;
}

export interface Overridden {
  readonly value: JsonObject;
  /** The variable that set a value, or undefined. */
  variableOf(path: Path): string | undefined;
  readonly faults: readonly ConfigurationFinding[];
}

/**
 * Applies environment variables to scalars, whether the file sets them or not. Lists can't be overridden. An empty
 * variable counts as unset, because templates produce them. An unknown variable is a fault, because it is probably a
 * typo.
 */
export function applyOverrides(file: JsonObject, schema: SchemaNode, environment: NodeJS.ProcessEnv): Overridden {
  const scalars = scalarsByVariable(schema, []);
  const value = structuredClone(file);
  const variables = new Map<string, string>();
  const faults: ConfigurationFinding[] = [];

  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || text === undefined || text === '') continue;
    if (OTHER_VARIABLES.includes(variable) || isServiceLink(variable, text)) continue;
    const scalar = scalars.get(variable);
    if (scalar === undefined) {
      const message = `unknown setting, or a list (lists have no variables)${didYouMean(variable, scalars.keys())}`;
      faults.push({ variable, message });
    } else {
      assign(value, scalar.path, parseAs(scalar.types, text));
      variables.set(scalar.path.join('.'), variable);
    }
  }
  return { value, variableOf: (path) => variables.get(path.map(String).join('.')), faults };
}

function scalarsByVariable(node: SchemaNode, path: readonly string[]): Map<string, Scalar> {
  if (node.properties !== undefined) {
    return new Map(
      Object.entries(node.properties).flatMap(([key, property]) => [...scalarsByVariable(property, [...path, key])]),
    );
  }
  const types = new Set((node.anyOf ?? [node]).map(({ type }) => type ?? '').filter((type) => SCALAR_TYPES.has(type)));
  const variable = `${PREFIX}${path.join('_').toUpperCase()}`;
  return types.size === 0 ? new Map() : new Map([[variable, { path, types }]]);
}

const SCALAR_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean']);

/** A value of the wrong type stays text, and the schema reports it. */
function parseAs(types: ReadonlySet<string>, text: string): string | number | boolean {
  const isNumber = /^-?\d+(?:\.\d+)?$/.test(text);
  if (isNumber && (types.has('number') || types.has('integer'))) return Number(text);
  if (types.has('boolean') && /^(?:true|t|1)$/i.test(text)) return true;
  if (types.has('boolean') && /^(?:false|f|0)$/i.test(text)) return false;
  return text;
}

function assign(root: JsonObject, path: readonly string[], value: unknown): void {
  let parent = root;
  for (const key of path.slice(0, -1)) {
    parent[key] ??= {};
    const child = parent[key];
    // The schema reports a parent that isn't a mapping.
    if (!isJsonObject(child)) return;
    parent = child;
  }
  parent[path.at(-1) ?? ''] = value;
}

/** Kubernetes sets these in every pod for a Service whose name starts with `thv-registry`. */
function isServiceLink(variable: string, text: string): boolean {
  return (
    /_SERVICE_(?:HOST|PORT(?:_\w+)?)$/.test(variable) ||
    /_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(variable) ||
    (variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(text))
  );
}
