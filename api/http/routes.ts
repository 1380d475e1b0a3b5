/** How routers add their paths: JSON errors for wrong methods, parameters read in one way. */
import type { Request, RequestHandler, Router } from 'express';
import { HttpError } from './error.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** One handler for each method, or several that run in order. */
export type Handlers = Partial<Readonly<Record<Method, RequestHandler | RequestHandler[]>>>;

/** Adds a path. Any method that it has no handler for is answered with 405 and the ones it has. */
export function addRoute(router: Router, path: string, handlers: Handlers): void {
  const route = router.route(path);
  const methods = Object.keys(handlers) as Method[];
  for (const method of methods) route[method](handlers[method] ?? []);
  const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])).join(', ');
  route.all((request) => {
    throw new HttpError(405, `${request.method} is not possible here, only ${allowed}`, {
      headers: { Allow: allowed },
    });
  });
}

/** Routers say of a path that cannot be decoded whatever they like; some say it in another format. */
export const refuseMalformedPath: RequestHandler = (request, _response, next) => {
  try {
    decodeURIComponent(request.path);
  } catch {
    throw new HttpError(400, 'The path has a malformed percent-encoding');
  }
  next();
};

/**
 * A parameter of the path, decoded.
 *
 * @throws HttpError 400 for one that nothing in the database can be called.
 */
export function pathParameter(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value !== 'string') throw new TypeError(`The route ${request.path} has no parameter "${name}"`);
  if (value.includes('\0')) throw new HttpError(400, `The path holds the character NUL, which no ${name} has`);
  return value;
}
