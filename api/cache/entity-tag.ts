/** Strong entity tags (RFC 9110, section 8.8.3) and the precondition that uses them. */
import type { ContentEncoding } from './content-encoding.ts';

/** The tag of a body in one encoding, quoted. `opaque` identifies the body before compression. */
export function entityTag(opaque: string, encoding: ContentEncoding): string {
  return encoding === 'identity' ? `"${opaque}"` : `"${opaque}-${encoding}"`;
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
