/** Names of servers in paths. */
import type { RequestHandler } from 'express';

/**
 * A path of the registry API or of the oldest ToolHive API with a plain slash in a server name: two segments after
 * `/servers/` or `/deployed/`, the first of which doesn't contain a whole name. Proxies can send the whole URL (RFC 9112,
 * section 3.2.2).
 */
const PLAIN_SLASH =
  /^((?:https?:\/\/[^/?]*)?\/(?:registry\/v0\.1|(?:registry\/[^/?]+\/|api\/)?v0(?:\.1)?)\/(?:servers|deployed))\/((?:(?!%2f)[^/?])+)\/([^/?]+)(.*)$/i;

/**
 * Turns the plain slash of a server name into `%2F`, because many proxies and users send it plain. A name has exactly one
 * slash, so the second segment always belongs to it.
 */
export const encodePlainSlash: RequestHandler = (request, _response, next) => {
  const [, collection, namespace, name, rest] = PLAIN_SLASH.exec(request.url) ?? [];
  // A server itself can't be patched, so this is the status of a server whose name has no slash. There is none.
  const isStatusOfNone = request.method === 'PATCH' && name === 'status' && rest === '';
  if (namespace !== undefined && !isStatusOfNone) request.url = `${collection}/${namespace}%2F${name}${rest}`;
  next();
};
