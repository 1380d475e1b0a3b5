/** Converts ToolHive's images to packages of a server.json and back. */
import { imageReference } from '../exports/form/image.ts';
import { fillIn, literalOf, type Template } from '../exports/form/template.ts';
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../json.ts';

/** ToolHive's schemes for packages that aren't container images. */
const SCHEMES = { npm: 'npx', pypi: 'uvx', go: 'go' } as const;
type RunnableType = keyof typeof SCHEMES;
const RUNNABLE_TYPES = Object.keys(SCHEMES) as RunnableType[];

/** `npx://name@1.2.3` is an npm package. Anything without a known scheme is the reference of a container image. */
export function imageToPackage(image: string): JsonObject {
  for (const registryType of RUNNABLE_TYPES) {
    const scheme = `${SCHEMES[registryType]}://`;
    if (image.startsWith(scheme)) {
      return { registryType, ...splitVersion(image.slice(scheme.length)) };
    }
  }
  return { registryType: 'oci', identifier: image };
}

/** The version follows the last `@` that isn't the first character, as in `@scope/name@1.2.3`. */
function splitVersion(reference: string): JsonObject {
  const at = reference.lastIndexOf('@');
  const version = at > 0 ? reference.slice(at + 1) : '';
  return version === '' ? { identifier: reference } : { identifier: reference.slice(0, at), version };
}

/** Returns the package that ToolHive would run. Container images take precedence over npm, PyPI, and Go packages. */
export function runnablePackage(packages: readonly JsonObject[]): { image: string; from: JsonObject } | null {
  for (const registryType of ['oci', 'docker', ...RUNNABLE_TYPES]) {
    const from = packages.find((candidate) => candidate['registryType'] === registryType);
    const image = from && packageToImage(from);
    if (from && image !== undefined) {
      return { image, from };
    }
  }
  return null;
}

function packageToImage(from: JsonObject): string | undefined {
  const identifier = textOf(from['identifier']);
  const version = textOf(from['version']);
  if (identifier === undefined) {
    return undefined;
  }
  const runnable = RUNNABLE_TYPES.find((type) => type === from['registryType']);
  if (runnable !== undefined) {
    return `${SCHEMES[runnable]}://${identifier}${version === undefined ? '' : `@${version}`}`;
  }
  return imageReference(from);
}

/** Returns the transport of a package. ToolHive forwards a local port to the port in the container. */
export function packageTransport(entry: JsonObject): JsonObject {
  const type = textOf(entry['transport']) ?? 'stdio';
  if (type === 'stdio') {
    return { type };
  }
  const port = entry['target_port'];
  return { type, url: typeof port === 'number' && port > 0 ? `http://localhost:${port}` : 'http://localhost' };
}

/** Returns the members of an entry that describe the transport of its package. */
export function transportMembers(from: JsonObject): JsonObject {
  const transport = memberOf(from, 'transport');
  const port = /^https?:\/\/[^/:]+:(\d{1,5})(?:\/|$)/.exec(literalOf(transportUrl(from)) ?? '')?.[1];
  return {
    transport: textOf(transport['type']) ?? 'stdio',
    ...(port !== undefined && { target_port: Number(port) }),
  };
}

/**
 * The URL of a package's transport. It can refer to arguments, by their names with or without dashes or by their hints,
 * to environment variables, and to the variables of both.
 */
export function transportUrl(from: JsonObject): Template {
  const transport = memberOf(from, 'transport');
  const args = ['runtimeArguments', 'packageArguments'].flatMap((member) => objectsOf(from[member]));
  const settings = objectsOf(from['environmentVariables']);
  const holders = [transport, ...args, ...settings];
  return fillIn(textOf(transport['url']) ?? '', {
    find: (name) =>
      holders.map(({ variables }) => ownObject(variables, name)).find((variable) => variable !== undefined) ??
      args.find((argument) => [argument['name'], bareFlag(argument), argument['valueHint']].includes(name)) ??
      settings.find((setting) => setting['name'] === name),
    undeclared: 'input',
  });
}

function ownObject(object: unknown, name: string): JsonObject | undefined {
  const member = isJsonObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
  return isJsonObject(member) ? member : undefined;
}

function bareFlag(argument: JsonObject): string | undefined {
  return textOf(argument['name'])?.replace(/^-+/, '');
}
