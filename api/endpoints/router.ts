/** Makes Express routes from declared endpoints. */
import cors from 'cors';
import { type RequestHandler, Router } from 'express';
import { gate } from '../access/gate.ts';
import type { ApiContext } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { readBody } from '../http/json-body.ts';
import { readQuery } from '../http/query-string.ts';
import { isSafeMethod } from '../http/request.ts';
import { refuseForeignPages } from '../middleware/foreign-pages.ts';
import { limitWrites } from '../middleware/rate-limits.ts';
import { type Access, type Endpoint, type EndpointGroup, isForWebPages } from './endpoint.ts';

/**
 * Routes for all endpoints of the groups, each with the checks that its declaration asks for. Everything else needs a
 * token and is answered with 405 or 404.
 */
export function endpointRouter(context: ApiContext, groups: readonly EndpointGroup[]): Router {
  const checks = checksFor(context);
  const undeclared = [answerPreflight, ...checks('token')];
  const router = Router();
  for (const { bases, before = [], endpoints } of groups) {
    const paths = Map.groupBy(endpoints, (endpoint) => endpoint.path);
    for (const base of bases) {
      for (const [path, ofPath] of paths) {
        const route = router.route(base.path + path);
        if (ofPath.some(isForWebPages)) route.options(forWebPages);
        for (const endpoint of ofPath) {
          route[endpoint.method](
            ...before,
            ...(isForWebPages(endpoint) ? [forWebPages] : []),
            ...checks(endpoint.access),
            ...(endpoint.body === undefined ? [] : [readBody]),
            handlerOf(endpoint, context),
          );
        }
        route.all(...undeclared, refuseOtherMethods(ofPath));
      }
    }
  }
  router.use(...undeclared, refuseUnknownRoute);
  return router;
}

/** Creates the checks that requests pass first. One rate limit counts the changes to all endpoints. */
function checksFor(context: ApiContext): (access: Access) => RequestHandler[] {
  const refuse = refuseForeignPages(context);
  const limit = limitWrites(context);
  return (access) => {
    if (access === 'open') return [limit];
    const check = gate(context, access);
    // Reads of registries need no check of the origin: web pages of all origins can read them.
    return access === 'registry' ? [check] : [check, refuse, limit];
  };
}

function handlerOf({ query, handle }: Endpoint, context: ApiContext): RequestHandler {
  return async (request, response) => {
    const given = query === undefined ? {} : readQuery(request.url, query);
    const body = await handle({ context, request, response, query: given as never });
    if (body === undefined) return;
    if (!response.hasHeader('Cache-Control')) response.set('Cache-Control', 'no-store');
    response.json(body);
  };
}

/**
 * CORS for reads that web pages of all origins may send, including errors and 304. Nothing else gets CORS headers: if
 * authentication is off, they would open the administration to every web page that a user visits.
 */
const forWebPages: RequestHandler = (request, response, next) => {
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (request.method === 'OPTIONS') return answerCorsPreflight(request, response, next);
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', 'ETag,Retry-After,WWW-Authenticate');
  next();
};
const answerCorsPreflight = cors((request, answer) => {
  const intended = request.headers['access-control-request-method'] ?? 'GET';
  answer(null, isSafeMethod(intended) ? PREFLIGHT : { origin: false });
});
const PREFLIGHT: cors.CorsOptions = {
  origin: '*',
  methods: ['GET', 'OPTIONS'],
  allowedHeaders: ['Authorization', 'Content-Type'],
  maxAge: 86_400,
};

/** Answers a preflight for anything else: without CORS headers, so that the browser sends no request. */
const answerPreflight: RequestHandler = (request, response, next) => {
  if (request.method !== 'OPTIONS') return next();
  response.status(204).end();
};

function refuseOtherMethods(endpoints: readonly Endpoint[]): RequestHandler {
  const allowed = endpoints.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  const inWords = new Intl.ListFormat('en').format(allowed);
  return (request) => {
    throw new HttpError(405, `${request.method} is not allowed here, only ${inWords}`, {
      headers: { Allow: allowed.join(', ') },
    });
  };
}

const refuseUnknownRoute: RequestHandler = (request) => {
  throw new HttpError(404, `There is nothing at ${request.path}: see /docs for the available endpoints`);
};
