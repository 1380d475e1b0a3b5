/** Names of servers in paths. */
import type { RequestHandler } from 'express';

/** `/servers/` and the two segments after it, the first of which does not hold a whole name. */
const PLAIN_SLASH = /^\/servers\/((?:(?!%2f)[^/?])+)\/([^/?]+)/i;

/**
 * Turns the slash of a server name into `%2F`, so that routes know one form: many proxies, and people at a prompt,
 * send it plain. A name has exactly one slash, so the second segment always belongs to it.
 */
export const encodePlainSlash: RequestHandler = (request, _response, next) => {
  if (PLAIN_SLASH.test(request.url)) request.url = request.url.replace(PLAIN_SLASH, '/servers/$1%2F$2');
  next();
};
