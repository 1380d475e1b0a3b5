/** Chooses a version for a cluster object, which has none of its own. */
import { memberOf, textOf } from '../json.ts';
import { imageOf, type KubernetesObject } from './object.ts';
import { isSemanticVersion, isVersionRange } from '../versions.ts';

const FALLBACK = '1.0.0';
const MAX_LENGTH = 255;

/**
 * Returns the version in the annotation, or else the version reported by the server, the tag of its image, or `1.0.0`.
 * Annotations and tags must be semantic versions, with an optional leading `v`. Tags such as `latest` and `main` are
 * ignored.
 */
export function serverVersion(object: KubernetesObject, given: string | undefined, warnings: string[]): string {
  if (given !== undefined) {
    if (isVersion(given)) return given;
    warnings.push(
      `the version ${JSON.stringify(given.slice(0, 50))} in its annotation isn't a semantic version; ignored`,
    );
  }
  const reported = textOf(memberOf(object.status, 'serverInfo')['version']);
  if (reported !== undefined && isUsable(reported)) return reported;
  const tag = imageTag(imageOf(object) ?? '');
  return tag !== undefined && isVersion(tag) ? tag : FALLBACK;
}

/** Accepts `1.2.3`, `v1.2.3`, `1.2.3-rc.1`. Refuses build metadata, because it doesn't affect precedence. */
function isVersion(text: string): boolean {
  return text.length <= MAX_LENGTH && !text.includes('+') && isSemanticVersion(text);
}

/** A version reported by a server needn't be semantic, but must be a specific version. */
function isUsable(text: string): boolean {
  return text.length <= MAX_LENGTH && text.trim() === text && text !== 'latest' && !isVersionRange(text);
}

/** Returns the tag of an image: `1.2.3` for `registry:5000/name:1.2.3@sha256:…`. */
function imageTag(image: string): string | undefined {
  return /:([\w][\w.-]*)$/.exec(image.replace(/@.*$/, '').split('/').at(-1) ?? '')?.[1];
}
