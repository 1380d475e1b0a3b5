/** The public API. Requests pass the middleware from top to bottom. */
import express, { type Express, type RequestHandler } from 'express';
import type { ApiContext } from './context.ts';
import { ENDPOINT_GROUPS } from './endpoints/groups.ts';
import { endpointRouter } from './endpoints/router.ts';
import { encodePlainSlash } from './endpoints/v0.1/server-name-in-path.ts';
import { refuseMalformedPath } from './http/path-parameter.ts';
import { answerRequestId } from './http/request-id.ts';
import { handleErrors } from './middleware/error-handler.ts';
import { limitFailedAuthentications } from './middleware/rate-limits.ts';
import { securityHeaders } from './middleware/security-headers.ts';

export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  // Endpoints make their own tags, from the body before it is compressed.
  app.disable('etag');
  // Endpoints parse the query themselves, strictly.
  app.disable('query parser');
  app.set('trust proxy', [...context.trustedProxies]);

  app.use(answerRequestId);
  app.use(securityHeaders);
  app.use(authenticate(context));
  app.use(refuseMalformedPath);
  app.use(encodePlainSlash);
  app.use(endpointRouter(context, ENDPOINT_GROUPS));
  app.use(limitFailedAuthentications(context));
  app.use(handleErrors(context));
  return app;
}

function authenticate({ access }: Pick<ApiContext, 'access'>): RequestHandler {
  return (request, _response, next) => {
    const pending = access.authenticate(request);
    if (pending === undefined) next();
    else pending.then(() => next(), next);
  };
}
