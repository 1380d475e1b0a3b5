/** The rules for server.json that are about several members at once, which a schema can't say. */
import { PUBLISHER_PROVIDED, publisherExtension } from './extension.ts';
import { currentName } from './generations.ts';
import { isJsonObject, type JsonObject, memberOf } from './json.ts';

export interface RuleFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface RuleLimits {
  /** The largest publisher's extension, in bytes of JSON. */
  readonly publisherExtensionBytes: number;
}

/** What breaks a rule in the document; members of the wrong type are the schema's business and pass here. */
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

/** The objects in an array that is a member of the object. */
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

/** Nothing else would say why a `registryType` is missing from a document that has a `registry_type`. */
function outdatedNames(object: JsonObject, path: readonly PropertyKey[]): RuleFault[] {
  const outdated = Object.keys(object).filter((member) => currentName(member) !== undefined);
  return outdated.map((member) => ({
    path: [...path, member],
    message: `is called ${currentName(member)} since 2025-09-16`,
  }));
}

/** An mcpb package is a file that clients download from its URL and verify. */
function bundleFaults(found: JsonObject, path: readonly PropertyKey[]): RuleFault[] {
  if (found['registryType'] !== 'mcpb') {
    return [];
  }
  const { identifier, fileSha256 } = found;
  const faults: RuleFault[] = [];
  if (typeof identifier === 'string' && !(identifier.startsWith('https://') && URL.canParse(identifier))) {
    faults.push({ path: [...path, 'identifier'], message: 'must be the https:// URL of the file in an mcpb package' });
  }
  if (fileSha256 === undefined) {
    faults.push({ path: [...path, 'fileSha256'], message: 'is required of an mcpb package' });
  }
  return faults;
}

function positionalFaults({ value, path }: Located): RuleFault[] {
  const incomplete = value['type'] === 'positional' && value['value'] === undefined && value['valueHint'] === undefined;
  return incomplete ? [{ path, message: 'must have a value or a valueHint' }] : [];
}

/** What the URL of a package's transport may refer to: the hints and names of arguments, and the environment. */
function packageVariables(found: JsonObject, args: readonly Located[]): Set<unknown> {
  return new Set([
    ...args.flatMap(({ value }) => [value['name'], value['valueHint'], bareFlag(value['name'])]),
    ...args.flatMap(({ value }) => Object.keys(memberOf(value, 'variables'))),
    ...each(found, 'environmentVariables').map(({ value }) => value['name']),
    ...Object.keys(memberOf(memberOf(found, 'transport'), 'variables')),
  ]);
}

/** `{port}` may stand for the argument `--port`. */
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
    return [{ path: [...path, 'url'], message: `refers to ${some}, which is no variable here` }];
  }
  return URL.canParse(sampleUrl(url)) ? [] : [{ path: [...path, 'url'], message: 'is not a valid URL' }];
}

/** The URL with something in place of its variables; in the port's place only a number makes a valid URL. */
function sampleUrl(url: string): string {
  return url
    .replace(/^\{[^{}]*\}/, 'https://host')
    .replaceAll(/:\{[^{}]*\}/g, ':80')
    .replaceAll(/\{[^{}]*\}/g, 'value');
}

function extensionFaults(document: JsonObject, limits: RuleLimits): RuleFault[] {
  const extension = publisherExtension(document);
  const bytes = extension === undefined ? 0 : Buffer.byteLength(JSON.stringify(extension));
  if (bytes <= limits.publisherExtensionBytes) {
    return [];
  }
  const message = `is ${bytes} bytes large; at most ${limits.publisherExtensionBytes} bytes are allowed`;
  return [{ path: ['_meta', PUBLISHER_PROVIDED], message }];
}
