/** Questions about a definition that workflow code asks. */
import type { SourceDefinition } from '../registry/source-definition.ts';

/** Equal in content: a definition that has been in Postgres comes back with its members in another order. */
export function sameDefinition(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const members = definedMembers(one);
  const otherMembers = new Map(definedMembers(other));
  return (
    members.length === otherMembers.size &&
    members.every(([key, value]) => otherMembers.has(key) && sameDefinition(value, otherMembers.get(key)))
  );
}

function definedMembers(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

/** Files are watched: a change is seen without waiting for the timer. */
export function isWatched({ origin }: SourceDefinition): boolean {
  return origin.kind === 'file' && 'path' in origin.location;
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
    case 'managed':
      break;
  }
  return 'entries published here';
}

function fileLabel(location: { readonly path: string } | { readonly url: string } | { readonly data: string }): string {
  if ('path' in location) return `file ${location.path}`;
  return 'url' in location ? `file ${publicPart(location.url)}` : 'data in the configuration';
}

function publicPart(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replace(/[?#].*$/s, '');
}
