/**
 * From an object in a cluster to an entry. Only what its owner exports becomes one: by the annotation
 * `toolhive.stacklok.dev/registry-export: "true"`. The other annotations are those of ToolHive Registry Server.
 */
import { type Claims, isClaims } from './claims.ts';
import { type DraftOutcome, draftFromServerJson } from './draft.ts';
import { PUBLISHER_PROVIDED } from './extension.ts';
import { CURRENT_SCHEMA } from './generations.ts';
import { defined, isJsonObject, type JsonObject, memberOf, parseJson, textOf } from './json.ts';
import { imageOf, KINDS, type KubernetesObject, remoteTransportOf, statusUrlOf } from './kubernetes-object.ts';
import { serverVersion } from './kubernetes-version.ts';
import { SERVER_NAME_LENGTH } from './server-name.ts';
import { imageToPackage, packageTransport } from './toolhive-image.ts';
import { TOOLHIVE_PUBLISHER } from './toolhive-format.ts';

const ANNOTATION_PREFIX = 'toolhive.stacklok.dev/';
const NAME_PREFIX = 'com.toolhive.k8s.';

/** Whether the owner of the object wants it in the registry. */
export function isExported(object: KubernetesObject): boolean {
  return annotation(object, 'registry-export') === 'true';
}

export function serverNameOf({ namespace, name }: Pick<KubernetesObject, 'namespace' | 'name'>): string {
  return `${NAME_PREFIX}${namespace}/${name}`;
}

/** The draft of an exported object's entry and what is odd about it, or why there is none. */
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

/** Why an object that is exported can't be served. */
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
      `it has no URL yet: neither the annotation ${ANNOTATION_PREFIX}registry-url nor one in its status`,
    );
  }
  // URL.parse leaves out white space, which clients may not do.
  if (/\s/.test(url) || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new NotServable(`its URL ${JSON.stringify(url.slice(0, 100))} isn't an http:// or https:// URL`);
  }
  return url;
}

/** ToolHive runs a server from its image: so can others. */
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

/** Who may see the server must be known for certain, so that it is never shown to more people than was meant. */
function ownClaims({ annotations }: KubernetesObject): Claims | undefined {
  const text = annotations[`${ANNOTATION_PREFIX}authz-claims`];
  if (text === undefined) return undefined;
  const claims = parseJson(text);
  if (isClaims(claims)) return claims;
  throw new NotServable(
    `the annotation ${ANNOTATION_PREFIX}authz-claims is not a JSON object whose values are texts or lists of texts`,
  );
}

interface JsonAnnotation {
  readonly key: string;
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** What does not decide about who sees the server is left out where it is wrong. */
function jsonAnnotation(
  object: KubernetesObject,
  { key, expected, accepts }: JsonAnnotation,
  warnings: string[],
): unknown {
  const text = annotation(object, key);
  if (text === undefined) return undefined;
  const value = parseJson(text);
  if (accepts(value)) return value;
  warnings.push(`the annotation ${ANNOTATION_PREFIX}${key} is not ${expected} in JSON; left out`);
  return undefined;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isJsonObject);
}

/** Without white space around it: block scalars in manifests end with a line break. */
function annotation({ annotations }: KubernetesObject, key: string): string | undefined {
  const value: unknown = annotations[`${ANNOTATION_PREFIX}${key}`];
  return typeof value === 'string' ? textOf(value.trim()) : undefined;
}
