/** The public API: every request passes what is used here from top to bottom. */
import compression from 'compression';
import express, { type Express } from 'express';
import { answerRequestId } from './audit/request-id.ts';
import type { ApiContext } from './context.ts';
import { allowCrossOriginReads, refuseCrossSiteWrites } from './cross-origin.ts';
import { handleErrors, refuseUnknownRoute } from './error-handler.ts';
import { registryExports } from './export.ts';
import { extensionApi } from './extension.ts';
import { healthRoutes } from './health.ts';
import { legacyToolhiveApi } from './legacy-toolhive.ts';
import { openApiRoutes } from './openapi-routes.ts';
import { limitFailedAuthentications, limitWrites } from './rate-limits.ts';
import { registryApi } from './registry-v01.ts';
import { refuseMalformedPath } from './routes.ts';
import { securityHeaders } from './security-headers.ts';
import { adminApi, requireJson } from './trpc/router.ts';
import { restAdminApi } from './v1/router.ts';

/** Where the registry API is found; the paths without a name are the default registry. */
const REGISTRY_API_PATHS = ['/v0.1', '/v0', '/registry/v0.1', '/registry/:registry/v0.1', '/registry/:registry/v0'];

export function createApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  // Tags are made from revisions, before there is a body.
  app.disable('etag');
  // Each reader parses the query itself, strictly.
  app.disable('query parser');
  app.set('trust proxy', [...context.trustedProxies]);

  app.use(context.access.authenticate);
  app.use(context.pages.sendAgain);
  app.use(answerRequestId);
  app.use(securityHeaders);
  app.use(allowCrossOriginReads);
  app.use(refuseCrossSiteWrites);
  app.use(context.access.gate);
  app.use(limitWrites(context));
  app.use(refuseMalformedPath);

  // Compresses its pages itself, once for all who ask.
  app.use(REGISTRY_API_PATHS, registryApi(context));
  app.use('/registry/:registry', registryExports(context));
  app.use('/api', legacyToolhiveApi(context));

  app.use(compression());
  app.use('/extension/v0', extensionApi(context));
  app.use(context.access.metadata);
  app.use(openApiRoutes(context));
  app.use(healthRoutes(context));
  app.use('/v1', restAdminApi(context));
  app.use('/trpc', requireJson, adminApi(context));

  app.use(refuseUnknownRoute);
  app.use(limitFailedAuthentications(context));
  app.use(handleErrors(context));
  return app;
}
