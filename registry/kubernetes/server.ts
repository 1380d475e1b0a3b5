/**
 * Turns an object in a cluster into an entry. Only objects with the annotation
 * `toolhive.stacklok.dev/registry-export: "true"` are exported. All annotations follow ToolHive Registry Server.
 */
import { type Claims, isClaims } from '../claims.ts';
import { type DraftOutcome, draftFromServerJson } from '../document/draft.ts';
import { PUBLISHER_PROVIDED } from '../server-json/extension.ts';
import { CURRENT_SCHEMA } from '../server-json/generations.ts';
import { defined, isJsonObject, type JsonObject, memberOf, parseJson, textOf } from '../json.ts';
import { imageOf, KINDS, type KubernetesObject, remoteTransportOf, statusUrlOf } from './object.ts';
import { serverVersion } from './version.ts';
import { SERVER_NAME_LENGTH } from '../server-json/name.ts';
import { imageToPackage, packageTransport } from '../toolhive/image.ts';
import { TOOLHIVE_PUBLISHER } from '../toolhive/format.ts';

const ANNOTATION_PREFIX = 'toolhive.stacklok.dev/';
const NAME_PREFIX = 'com.toolhive.k8s.';

/** Whether the object is annotated for export. */
export function isExported(object: KubernetesObject): boolean {
  return annotation(object, 'registry-export') === 'true';
}

export function serverNameOf({ namespace, name }: Pick<KubernetesObject, 'namespace' | 'name'>): string {
  return `${NAME_PREFIX}${namespace}/${name}`;
}

/** Returns the draft of an exported object's entry with warnings, or a rejection. */
export function serverFromObject(object: KubernetesObject): DraftOutcome {
  const warnings: string[] = [];
  try {
    const document = toServerJson(object, warnings);
    const claims = ownClaims(object);
    const outcome = draftFromServerJson({ text: JSON.stringify(document), parsed: document });
    if ('rejection' in outcome) return outcome;
    const draft = { ...outcome.draft, ...(claims !== undefined && { claims }) };
    return { draft, warnings: [...warnings, ...outcome.warnings] };
  } catch (error) {
    if (!(error instanceof NotServable)) throw error;
    return { rejection: { name: serverNameOf(object), version: null, reason: error.message } };
  }
}

/** The reason why an exported object can't be served. */
class NotServable extends Error {}

function toServerJson(object: KubernetesObject, warnings: string[]): JsonObject {
  const name = serverNameOf(object);
  if (name.length > SERVER_NAME_LENGTH.max) {
    throw new NotServable(`the name would have more than ${SERVER_NAME_LENGTH.max} characters`);
  }
  const url = remoteUrl(object);
  const icon = annotation(object, 'registry-icon');
  const serverInfo = memberOf(object.status, 'serverInfo');
  return defined({
    $schema: CURRENT_SCHEMA,
    name,
    title: annotation(object, 'registry-title') ?? textOf(serverInfo['title']) ?? textOf(serverInfo['name']),
    description: description(object),
    version: serverVersion(object, annotation(object, 'registry-version'), warnings),
    icons: icon === undefined ? undefined : [{ src: icon }],
    packages: packages(object),
    remotes: [{ type: remoteTransportOf(object), url }],
    _meta: { [PUBLISHER_PROVIDED]: { [TOOLHIVE_PUBLISHER]: { [url]: extension(object, warnings) } } },
  });
}

function description(object: KubernetesObject): string {
  const text = annotation(object, 'registry-description');
  if (text === undefined) throw new NotServable(`the annotation ${ANNOTATION_PREFIX}registry-description is missing`);
  return text;
}

function remoteUrl(object: KubernetesObject): string {
  const url = annotation(object, 'registry-url') ?? statusUrlOf(object);
  if (url === undefined) {
    throw new NotServable(
      `it has no URL yet, neither in the annotation ${ANNOTATION_PREFIX}registry-url nor in its status`,
    );
  }
  // URL.parse ignores white space, but clients may not.
  if (/\s/.test(url) || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new NotServable(`its URL ${JSON.stringify(url.slice(0, 100))} isn't an http:// or https:// URL`);
  }
  return url;
}

/** The image as a package, so that clients can run the server themselves. */
function packages(object: KubernetesObject): JsonObject[] | undefined {
  const image = textOf(object.spec['image']);
  if (object.resource !== 'mcpservers.toolhive.stacklok.dev' || image === undefined) return undefined;
  const { transport, mcpPort, targetPort } = object.spec;
  return [{ ...imageToPackage(image), transport: packageTransport({ transport, target_port: mcpPort ?? targetPort }) }];
}

function extension(object: KubernetesObject, warnings: string[]): JsonObject {
  const { namespace, name, uid, resource } = object;
  const category = annotation(object, 'registry-category');
  const kubernetes = defined({
    kind: KINDS[resource],
    namespace,
    name,
    uid,
    image: imageOf(object),
    transport: textOf(object.spec['transport']),
  });
  return defined({
    status: 'active',
    metadata: { kubernetes },
    tags: category === undefined ? undefined : [category],
    tools: jsonAnnotation(object, { key: 'tools', expected: 'a list of names', accepts: isListOfTexts }, warnings),
    tool_definitions: jsonAnnotation(
      object,
      { key: 'tool-definitions', expected: 'a list of tool definitions', accepts: isListOfObjects },
      warnings,
    ),
  });
}

/**
 * Returns the claims of the annotation. Throws if they are invalid, so that the server is never shown to unintended
 * readers.
 */
function ownClaims({ annotations }: KubernetesObject): Claims | undefined {
  const text = annotations[`${ANNOTATION_PREFIX}authz-claims`];
  if (text === undefined) return undefined;
  const claims = parseJson(text);
  if (isClaims(claims)) return claims;
  throw new NotServable(
    `the annotation ${ANNOTATION_PREFIX}authz-claims must be a JSON object whose values are strings or lists of strings`,
  );
}

interface JsonAnnotation {
  readonly key: string;
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/**
 * Returns the parsed value of an annotation. Ignores invalid values with a warning, because they don't affect access.
 */
function jsonAnnotation(
  object: KubernetesObject,
  { key, expected, accepts }: JsonAnnotation,
  warnings: string[],
): unknown {
  const text = annotation(object, key);
  if (text === undefined) return undefined;
  const value = parseJson(text);
  if (accepts(value)) return value;
  warnings.push(`the annotation ${ANNOTATION_PREFIX}${key} isn't ${expected} in JSON; ignored`);
  return undefined;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isJsonObject);
}

/** Returns the trimmed annotation, because block scalars in manifests end with a line break. */
function annotation({ annotations }: KubernetesObject, key: string): string | undefined {
  const value: unknown = annotations[`${ANNOTATION_PREFIX}${key}`];
  return typeof value === 'string' ? textOf(value.trim()) : undefined;
}
