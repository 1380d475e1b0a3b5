/** References of container images. */
import { type JsonObject, textOf } from '../../json.ts';

/**
 * The image of an oci package, with its host and tag. Until 2025-10-11 the host was in `registryBaseUrl` and the tag in
 * `version`.
 */
export function imageReference(from: JsonObject): string {
  const image = withHost(textOf(from['identifier']) ?? '', textOf(from['registryBaseUrl']));
  const version = textOf(from['version']);
  return version === undefined || hasTag(image) ? image : `${image}:${version}`;
}

/** A reference without its tag, its digest, and the host of Docker Hub, which can be left out. */
export function imageRepository(image: string): string {
  return image
    .replace(/@.*$/, '')
    .replace(/:[^:/]*$/, '')
    .replace(/^docker\.io\//, '');
}

function withHost(identifier: string, baseUrl: string | undefined): string {
  const [first = '', ...rest] = identifier.split('/');
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const host = baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).host : '';
  return hasHost || host === '' ? identifier : `${host}/${identifier}`;
}

function hasTag(image: string): boolean {
  return /[:@]/.test(image.slice(image.lastIndexOf('/') + 1));
}
