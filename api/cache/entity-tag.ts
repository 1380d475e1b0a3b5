/** Strong entity tags (RFC 9110, section 8.8.3) and the precondition that uses them. */
import { hash } from 'node:crypto';

/** The opaque part of a tag: 128 bits of a digest of everything that decides what the body is. */
export function entityTag(parts: readonly (string | number | boolean | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);
}

/**
 * Whether `If-None-Match` names the tag, so that the answer is 304. The comparison is the weak one that RFC 9110,
 * section 13.1.2 asks for: a proxy that compresses turns a strong tag into a weak one. `*` names no tag: whether there
 * is anything at all is not known here.
 */
export function matchesEntityTag(ifNoneMatch: string, quotedTag: string): boolean {
  if (ifNoneMatch === quotedTag) return true;
  return ifNoneMatch.split(',').some((candidate) => {
    const tag = candidate.trim();
    return tag === quotedTag || tag === `W/${quotedTag}`;
  });
}
