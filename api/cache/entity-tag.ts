/** Strong entity tags (RFC 9110, section 8.8.3) and the precondition that uses them. */
import type { ContentEncoding } from './content-encoding.ts';

/** The tag of a body in one encoding, quoted. `opaque` identifies the body before compression. */
export function entityTag(opaque: string, encoding: ContentEncoding): string {
  return encoding === 'identity' ? `"${opaque}"` : `"${opaque}-${encoding}"`;
}

/**
 * Whether `If-None-Match` names the tag, so that the answer is 304. Uses weak comparison (RFC 9110, section 13.1.2), because
 * compressing proxies make strong tags weak. `*` doesn't match.
 */
export function matchesEntityTag(ifNoneMatch: string, quotedTag: string): boolean {
  if (ifNoneMatch === quotedTag) return true;
  return ifNoneMatch.split(',').some((candidate) => {
    const tag = candidate.trim();
    return tag === quotedTag || tag === `W/${quotedTag}`;
  });
}
