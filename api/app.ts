/** The public API: a request that was not asked before passes what is used here from top to bottom. */
import compression from 'compression';
import express, { type Express } from 'express';
import { consoleRoutes } from './console.ts';
import type { ApiContext } from './context.ts';
import { healthRoutes } from './health.ts';
import { answerRequestId } from './http/request-id.ts';
import { refuseMalformedPath } from './http/routes.ts';
import { allowCrossOriginReads, refuseForeignPages } from './middleware/cross-origin.ts';
import { handleErrors, refuseUnknownRoute } from './middleware/error-handler.ts';
import { limitFailedAuthentications, limitWrites } from './middleware/rate-limits.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { openApiRoutes } from './openapi/router.ts';
import { clientExports } from './exports/router.ts';
import { registryExports } from './toolhive/export.ts';
import { extensionApi } from './toolhive/extension.ts';
import { legacyToolhiveApi } from './toolhive/legacy.ts';
import { adminApi, requireJson } from './trpc/router.ts';
import { registryApi } from './v0.1/router.ts';
import { restAdminApi } from './v1/router.ts';

/** Where the registry API is found; the paths without a name are the default registry. */
const REGISTRY_API_PATHS = ['/v0.1', '/v0', '/registry/v0.1', '/registry/:registry/v0.1', '/registry/:registry/v0'];

/** Takes requests whose sender is known (request-listener.ts): of all others it thinks that they carry no token. */
export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  // Tags are made from revisions, before there is a body.
  app.disable('etag');
  // Each reader parses the query itself, strictly.
  app.disable('query parser');
  app.set('trust proxy', [...context.trustedProxies]);

  app.use(answerRequestId);
  app.use(securityHeaders);
  app.use(allowCrossOriginReads);
  app.use(context.access.gate);
  app.use(refuseForeignPages(context));
  app.use(limitWrites(context));
  app.use(refuseMalformedPath);

  // Compresses its pages itself, once for all who ask.
  app.use(REGISTRY_API_PATHS, registryApi(context));
  app.use('/registry/:registry', registryExports(context));
  app.use('/registry/:registry', clientExports(context));
  app.use('/api', legacyToolhiveApi(context));

  app.use(compression());
  app.use('/extension/v0', extensionApi(context));
  app.use(context.access.metadata);
  app.use(context.access.signIn);
  app.use(openApiRoutes(context));
  app.use(healthRoutes(context));
  app.use('/v1', restAdminApi(context));
  app.use('/trpc', requireJson, adminApi(context));
  app.use(consoleRoutes());

  app.use(refuseUnknownRoute);
  app.use(limitFailedAuthentications(context));
  app.use(handleErrors(context));
  return app;
}
