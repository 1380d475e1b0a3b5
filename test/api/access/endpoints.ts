/** The endpoints: those that are declared, and those that Express routes. */
import type { AnyProcedure } from '@trpc/server';
import type { Express } from 'express';
import type { Endpoint } from '../../../api/endpoints/endpoint.ts';
import { ENDPOINT_GROUPS } from '../../../api/endpoints/groups.ts';
import { adminRouter } from '../../../api/trpc/router.ts';

export interface DeclaredEndpoint {
  /** `GET /v1/sources/:name` */
  readonly name: string;
  /** `/v1/sources/:name` */
  readonly path: string;
  readonly endpoint: Endpoint;
}

/** All declared endpoints, under each of their bases. `/trpc` is one endpoint for queries and one for mutations. */
export const DECLARED: readonly DeclaredEndpoint[] = ENDPOINT_GROUPS.flatMap(({ bases, endpoints }) =>
  bases.flatMap((base) =>
    endpoints.map((endpoint) => {
      const path = base.path + endpoint.path;
      return { name: `${endpoint.method.toUpperCase()} ${path}`, path, endpoint };
    }),
  ),
);

/** The part of a layer of Express that is needed here. */
interface Layer {
  /** The path that was passed to `use`, or to the method of a route. */
  readonly rawPath: string | readonly string[];
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** `GET /v1/sources/:name`, in the order in which Express matches them. Without preflights. */
export function routesOf(app: Express): readonly string[] {
  return (app.router.stack as unknown as readonly Layer[]).flatMap((layer) => endpointsBelow(layer, ''));
}

function endpointsBelow({ rawPath, route, handle }: Layer, prefix: string): string[] {
  if (route !== undefined) {
    const methods = Object.keys(route.methods).filter((method) => method !== '_all' && method !== 'options');
    return methods.map((method) => `${method.toUpperCase()} ${prefix}${route.path}`);
  }
  const mounts = [rawPath].flat().map((path) => (path === '/' ? prefix : prefix + path));
  const { stack } = handle;
  if (stack !== undefined) return mounts.flatMap((mount) => stack.flatMap((below) => endpointsBelow(below, mount)));
  // Middleware is for all paths. A handler at a path of its own could answer anything.
  return mounts.filter((mount) => mount !== prefix).map((mount) => `anything below ${mount}`);
}

/** `GET /trpc/sources.list` for a query or a subscription, `POST` for a mutation. */
export function procedures(): readonly string[] {
  // oxlint-disable-next-line no-underscore-dangle -- tRPC tells which procedures there are nowhere else
  const byName = adminRouter._def.procedures as unknown as Readonly<Record<string, AnyProcedure>>;
  return Object.entries(byName).map(([name, procedure]) => {
    // oxlint-disable-next-line no-underscore-dangle -- nor of which type one is
    return `${procedure._def.type === 'mutation' ? 'POST' : 'GET'} /trpc/${name}`;
  });
}
