/** Names of servers in paths. */
import type { RequestHandler } from 'express';

/**
 * `/servers/` or `/deployed/` and the two segments after it, the first of which does not hold a whole name, and the rest.
 * Before it is what a proxy sends, the whole URL (RFC 9112, section 3.2.2).
 */
const PLAIN_SLASH = /^(https?:\/\/[^/?]*)?\/(servers|deployed)\/((?:(?!%2f)[^/?])+)\/([^/?]+)(.*)$/i;

/**
 * Turns the slash of a server name into `%2F`, so that routes know one form: many proxies, and people at a prompt,
 * send it plain. A name has exactly one slash, so the second segment always belongs to it.
 */
export const encodePlainSlash: RequestHandler = (request, _response, next) => {
  const [, origin = '', collection, namespace, name, rest] = PLAIN_SLASH.exec(request.url) ?? [];
  // A server itself can't be patched: this is the status of a server whose name has no slash, and there is none.
  const isStatusOfNone = request.method === 'PATCH' && name === 'status' && rest === '';
  if (namespace !== undefined && !isStatusOfNone) request.url = `${origin}/${collection}/${namespace}%2F${name}${rest}`;
  next();
};
