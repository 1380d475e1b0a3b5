/** Whether the process lives, whether it can serve, and what it is. */
import { Router } from 'express';
import { pingDatabase } from '../db/connection/availability.ts';
import type { ApiContext } from './context.ts';
import { unavailable } from './http/error.ts';
import { addRoute } from './http/routes.ts';

/** `/health`, `/readiness` and `/version`. Reads need Postgres alone, so readiness asks for nothing else. */
export function healthRoutes({ database, software }: Pick<ApiContext, 'database' | 'software'>): Router {
  const router = Router();
  addRoute(router, '/health', {
    get: (_request, response) => {
      response.json({ status: 'healthy' });
    },
  });
  addRoute(router, '/readiness', {
    get: async (_request, response) => {
      try {
        await pingDatabase(database);
      } catch (cause) {
        throw unavailable('Not ready: database unavailable', { cause });
      }
      response.json({ status: 'ready' });
    },
  });
  addRoute(router, '/version', {
    get: (_request, response) => {
      response.json({
        version: software.version,
        commit: software.commit,
        build_date: software.buildDate,
        node_version: process.version,
        platform: `${process.platform}/${process.arch}`,
      });
    },
  });
  return router;
}
