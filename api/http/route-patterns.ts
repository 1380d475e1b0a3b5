/** The pattern of a request's path, for metrics, logs, and traces: `/v0.1/servers/{server}`. */
import type { IncomingMessage } from 'node:http';

/** Requests that no endpoint answers share this one, so that the number of series is bounded, whatever clients request. */
const OTHER_ROUTE = '(other)';

/** A request with the route that Express adds to it. */
type RoutedRequest = IncomingMessage & { readonly route?: { readonly path: string } };

/**
 * Finds the pattern of the route that Express took for a request.
 *
 * @param paths of all endpoints in Express's syntax, with parameters such as `:server`, and `/*path` or `{/*path}` at the
 *   end for any rest
 */
export function routePatterns(paths: Iterable<string>): (request: IncomingMessage) => string {
  const patterns = new Map<string | undefined, string>();
  for (const path of paths) {
    const pattern = path.replace(/\{?\/\*\w+\}?$/, '').replaceAll(/:(\w+)/g, '{$1}');
    patterns.set(path, pattern === '' ? '/' : pattern);
  }
  return (request) => patterns.get((request as RoutedRequest).route?.path) ?? OTHER_ROUTE;
}
