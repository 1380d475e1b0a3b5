/** Whether the process lives, whether it can serve, and what it is. */
import { Router } from 'express';
import { pingDatabase } from '../db/connection/availability.ts';
import { notReady, type Readiness, versionInformation } from '../telemetry/internal-port.ts';
import type { ApiContext } from './context.ts';
import { unavailable } from './http/error.ts';
import { addRoute } from './http/routes.ts';

/** `/health`, `/readiness`, and `/version` on the public port. */
export function healthRoutes(context: ApiContext): Router {
  const router = Router();
  addRoute(router, '/health', {
    get: (_request, response) => {
      response.json({ status: 'healthy' });
    },
  });
  addRoute(router, '/readiness', {
    get: async (_request, response) => {
      const { isReady, checks } = await apiReadiness(context);
      if (!isReady) throw unavailable(notReady(checks));
      response.json({ status: 'ready' });
    },
  });
  addRoute(router, '/version', {
    get: (_request, response) => {
      response.json(versionInformation());
    },
  });
  return router;
}

/** Reads need only Postgres, so readiness doesn't depend on Temporal. Never throws. */
export async function apiReadiness({
  database,
  registries,
  stopping,
}: Pick<ApiContext, 'database' | 'registries' | 'stopping'>): Promise<Readiness> {
  if (stopping.aborted) return { isReady: false, checks: { process: 'stopping' } };
  try {
    await pingDatabase(database);
    const count = await registries.count();
    const loaded =
      count === 0 ? 'not loaded: start a worker, which stores those of the configuration' : `${count} loaded`;
    return { isReady: count > 0, checks: { database: 'available', registries: loaded } };
  } catch {
    return { isReady: false, checks: { database: 'unavailable' } };
  }
}
