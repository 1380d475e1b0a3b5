/** What the internal port serves: for probes, not to be published. */
import express, { type Express } from 'express';
import type { ApiContext } from './context.ts';
import { healthRoutes } from './health.ts';
import { handleErrors, refuseUnknownRoute } from './middleware/error-handler.ts';

export function createInternalApp(context: ApiContext): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(healthRoutes(context));
  app.use(refuseUnknownRoute);
  app.use(handleErrors(context));
  return app;
}
