/** The bearer token of a request. Only the header `Authorization` can carry it (RFC 6750 section 2.1). */
import type { IncomingMessage } from 'node:http';
import { TokenRejected } from './tokens/rejection.ts';

/** Even tokens with hundreds of groups are shorter. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Returns the token, or undefined if there is none. Other authentication schemes count as no token (RFC 6750 section
 * 3.1).
 *
 * @throws TokenRejected if the token is empty or too long, or if there is more than one.
 */
export function bearerToken(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  if (isRepeated(request.rawHeaders)) {
    throw new TokenRejected('There is more than one Authorization header', { code: 'invalid_request' });
  }
  const scheme = authorization.slice(0, 7).toLowerCase();
  if (scheme === 'bearer') throw new TokenRejected('There is no token after Bearer', { code: 'invalid_request' });
  if (scheme !== 'bearer ') return undefined;
  const token = authorization.slice(7).trimStart();
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new TokenRejected(`The token is longer than ${MAX_TOKEN_LENGTH} characters`);
  }
  return token;
}

/** Node keeps only the first of several headers, so the parsed headers don't show this. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 13 && rawHeaders[index]?.toLowerCase() === 'authorization') count += 1;
  }
  return count > 1;
}
