/** Questions about a definition that workflow code asks. */
import { canonicalJson } from '../registry/canonical-json.ts';
import type { KubernetesOrigin, SourceDefinition } from '../registry/source-definition.ts';

/** Equal in content, whatever the order of members. */
export function sameDefinition(one: SourceDefinition, other: SourceDefinition): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** By which a definition is recognised among those that one source had; in the memo of its actor. */
export function fingerprint(definition: SourceDefinition): string {
  // FNV-1a, twice 32 bits: workflow code has no cryptography, and nobody gains by a collision.
  let forward = 0x811c9dc5;
  let backward = 0x811c9dc5;
  const text = canonicalJson(definition);
  for (let index = 0; index < text.length; index += 1) {
    forward = Math.imul(forward ^ text.charCodeAt(index), 0x01000193);
    backward = Math.imul(backward ^ text.charCodeAt(text.length - 1 - index), 0x01000193);
  }
  return [forward, backward].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Files and clusters are watched: a change is seen without waiting for the timer. */
export function isWatched({ origin }: SourceDefinition): boolean {
  return origin.kind === 'kubernetes' || (origin.kind === 'file' && 'path' in origin.location);
}

/** Where a source comes from, for the eyes of an ops person: no credentials, no query string. */
export function originLabel({ origin }: SourceDefinition): string {
  switch (origin.kind) {
    case 'git':
      return `git ${publicPart(origin.repository)} (${origin.commit ?? origin.tag ?? origin.branch ?? 'default branch'})`;
    case 'api':
      return `registry ${publicPart(origin.endpoint)}`;
    case 'file':
      return fileLabel(origin.location);
    case 'kubernetes':
      return clusterLabel(origin);
    case 'managed':
      break;
  }
  return 'entries published here';
}

function clusterLabel({ content, context }: KubernetesOrigin): string {
  const cluster = context === undefined ? 'Kubernetes' : `Kubernetes ${context}`;
  if ('servers' in content) return `${cluster} (${content.servers.namespaces?.join(', ') ?? 'all namespaces'})`;
  const { namespace, name } = content.configMap;
  return `${cluster} ConfigMap ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

function fileLabel(location: { readonly path: string } | { readonly url: string } | { readonly data: string }): string {
  if ('path' in location) return `file ${location.path}`;
  return 'url' in location ? `file ${publicPart(location.url)}` : 'data in the configuration';
}

function publicPart(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replace(/[?#].*$/s, '');
}
