/** Objects in a cluster have no version of their own: what is there to tell one by. */
import { memberOf, textOf } from './json.ts';
import { imageOf, type KubernetesObject } from './kubernetes-object.ts';
import { isSemanticVersion, isVersionRange } from './versions.ts';

const FALLBACK = '1.0.0';
const MAX_LENGTH = 255;

/**
 * The version that the owner gives it, else the one that the server itself reported, else the tag of its image, else
 * `1.0.0`. Tags such as `latest` or `main` are no versions: only semantic versions are taken from an annotation or a
 * tag, with a leading `v` where there is one.
 */
export function serverVersion(object: KubernetesObject, given: string | undefined, warnings: string[]): string {
  if (given !== undefined) {
    if (isVersion(given)) return given;
    warnings.push(
      `the version ${JSON.stringify(given.slice(0, 50))} of its annotation is no semantic version; left out`,
    );
  }
  const reported = textOf(memberOf(object.status, 'serverInfo')['version']);
  if (reported !== undefined && isUsable(reported)) return reported;
  const tag = imageTag(imageOf(object) ?? '');
  return tag !== undefined && isVersion(tag) ? tag : FALLBACK;
}

/** `1.2.3`, `v1.2.3`, `1.2.3-rc.1`; no build metadata, in which versions of equal precedence could differ. */
function isVersion(text: string): boolean {
  return text.length <= MAX_LENGTH && !text.includes('+') && isSemanticVersion(text);
}

/** What a server calls its own version need not be semantic, but must name one version. */
function isUsable(text: string): boolean {
  return text.length <= MAX_LENGTH && text.trim() === text && text !== 'latest' && !isVersionRange(text);
}

/** `registry:5000/name:1.2.3@sha256:…` has the tag `1.2.3`; the port of the registry is none. */
function imageTag(image: string): string | undefined {
  return /:([\w][\w.-]*)$/.exec(image.replace(/@.*$/, '').split('/').at(-1) ?? '')?.[1];
}
