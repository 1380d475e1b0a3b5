/** Rules for server.json that span several members, which a schema can't express. */
import { byteLength } from '../byte-length.ts';
import { PUBLISHER_PROVIDED, publisherExtension } from './extension.ts';
import { currentName } from './generations.ts';
import { isJsonObject, type JsonObject, memberOf } from '../json.ts';

export interface RuleFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface RuleLimits {
  /** Maximum size of the publisher's extension in bytes of JSON. */
  readonly publisherExtensionBytes: number;
}

/** Returns all violations of these rules. Ignores members of the wrong type, which the schema reports. */
export function ruleFaults(document: JsonObject, limits: RuleLimits): RuleFault[] {
  return [
    ...each(document, 'packages').flatMap(({ path, value }) => packageFaults(value, path)),
    ...each(document, 'remotes').flatMap(({ path, value }) => remoteFaults(value, path)),
    ...extensionFaults(document, limits),
  ];
}

interface Located {
  readonly path: readonly PropertyKey[];
  readonly value: JsonObject;
}

/** Returns the objects in an array member, with their paths. */
function each(object: JsonObject, member: string, path: readonly PropertyKey[] = []): Located[] {
  const list: unknown = object[member];
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, index) =>
    isJsonObject(value) ? [{ path: [...path, member, index], value }] : [],
  );
}

function packageFaults(found: JsonObject, path: readonly PropertyKey[]): RuleFault[] {
  const args = ['runtimeArguments', 'packageArguments'].flatMap((member) => each(found, member, path));
  const transport = { path: [...path, 'transport'], value: memberOf(found, 'transport') };
  return [
    ...outdatedNames(found, path),
    ...bundleFaults(found, path),
    ...args.flatMap(positionalFaults),
    ...urlFaults(transport, () => packageVariables(found, args)),
  ];
}

function remoteFaults(remote: JsonObject, path: readonly PropertyKey[]): RuleFault[] {
  const variables = (): Set<unknown> => new Set(Object.keys(memberOf(remote, 'variables')));
  return [...outdatedNames(remote, path), ...urlFaults({ path, value: remote }, variables)];
}

/** Explains why a document with a `registry_type` lacks a `registryType`. */
function outdatedNames(object: JsonObject, path: readonly PropertyKey[]): RuleFault[] {
  const outdated = Object.keys(object).filter((member) => currentName(member) !== undefined);
  return outdated.map((member) => ({
    path: [...path, member],
    message: `was renamed to ${currentName(member)} on 2025-09-16`,
  }));
}

/** An mcpb package is a file that clients download and verify. */
function bundleFaults(found: JsonObject, path: readonly PropertyKey[]): RuleFault[] {
  if (found['registryType'] !== 'mcpb') {
    return [];
  }
  const { identifier, fileSha256 } = found;
  const faults: RuleFault[] = [];
  if (typeof identifier === 'string' && !(identifier.startsWith('https://') && URL.canParse(identifier))) {
    faults.push({ path: [...path, 'identifier'], message: 'must be the https:// URL of the mcpb file' });
  }
  if (fileSha256 === undefined) {
    faults.push({ path: [...path, 'fileSha256'], message: 'is required for mcpb packages' });
  }
  return faults;
}

function positionalFaults({ value, path }: Located): RuleFault[] {
  const incomplete = value['type'] === 'positional' && value['value'] === undefined && value['valueHint'] === undefined;
  return incomplete ? [{ path, message: 'must have a value or a valueHint' }] : [];
}

/** Variables for the transport URL of a package: hints and names of arguments, and environment variables. */
function packageVariables(found: JsonObject, args: readonly Located[]): Set<unknown> {
  return new Set([
    ...args.flatMap(({ value }) => [value['name'], value['valueHint'], bareFlag(value['name'])]),
    ...args.flatMap(({ value }) => Object.keys(memberOf(value, 'variables'))),
    ...each(found, 'environmentVariables').map(({ value }) => value['name']),
    ...Object.keys(memberOf(memberOf(found, 'transport'), 'variables')),
  ]);
}

/** `{port}` can refer to the argument `--port`. */
function bareFlag(name: unknown): string | undefined {
  return typeof name === 'string' ? name.replace(/^-+/, '') : undefined;
}

function urlFaults({ value, path }: Located, variables: () => ReadonlySet<unknown>): RuleFault[] {
  const url = value['url'];
  if (typeof url !== 'string') {
    return [];
  }
  const names = [...url.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name);
  const known = names.length === 0 ? new Set() : variables();
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const some = [...new Set(unknown)].slice(0, 5).join(', ');
    return [{ path: [...path, 'url'], message: `refers to ${some}, which isn't defined as a variable` }];
  }
  return URL.canParse(sampleUrl(url)) ? [] : [{ path: [...path, 'url'], message: 'is not a valid URL' }];
}

/** Replaces the variables of a URL with sample values. The port must be a number. */
function sampleUrl(url: string): string {
  return url
    .replace(/^\{[^{}]*\}/, 'https://host')
    .replaceAll(/:\{[^{}]*\}/g, ':80')
    .replaceAll(/\{[^{}]*\}/g, 'value');
}

function extensionFaults(document: JsonObject, limits: RuleLimits): RuleFault[] {
  const extension = publisherExtension(document);
  const bytes = extension === undefined ? 0 : byteLength(JSON.stringify(extension));
  if (bytes <= limits.publisherExtensionBytes) {
    return [];
  }
  const message = `has ${bytes} bytes; at most ${limits.publisherExtensionBytes} bytes are allowed`;
  return [{ path: ['_meta', PUBLISHER_PROVIDED], message }];
}
