/** The admin API: what the CLI and the console speak. */
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import type { Request, RequestHandler } from 'express';
import { operationContext } from '../admin/operation.ts';
import type { ApiContext } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { MAX_BODY_BYTES } from '../http/json-body.ts';
import { auditRouter } from './audit.ts';
import { catalogRouter } from './catalog.ts';
import { entriesRouter } from './entries.ts';
import { meProcedure } from './me.ts';
import { router } from './procedure.ts';
import { registriesRouter } from './registries.ts';
import { sessionProcedure } from './session.ts';
import { sourcesRouter } from './sources.ts';
import { systemRouter } from './system.ts';

export const adminRouter = router({
  sources: sourcesRouter,
  registries: registriesRouter,
  entries: entriesRouter,
  audit: auditRouter,
  catalog: catalogRouter,
  me: meProcedure,
  session: sessionProcedure,
  system: systemRouter,
});

/** The type that clients are made from: `createTRPCClient<AdminRouter>`. */
export type AdminRouter = typeof adminRouter;

/** What one request may ask for at once. */
const MAX_QUESTIONS = 20;

/**
 * To be mounted at `/trpc`. Some questions may be asked in one request. Changes come one at a time: requests are what the
 * rate limits count.
 */
export function adminApi(context: ApiContext): RequestHandler {
  const options = {
    router: adminRouter,
    createContext: ({ req }: { req: Request }) => operationContext(context, req),
    maxBodySize: MAX_BODY_BYTES,
    responseMeta: () => ({ headers: { 'Cache-Control': 'no-store' } }),
  };
  const queries = createExpressMiddleware({ ...options, maxBatchSize: MAX_QUESTIONS });
  const changes = createExpressMiddleware({ ...options, maxBatchSize: 1 });
  return (request, response, next) => (request.method === 'POST' ? changes : queries)(request, response, next);
}

/**
 * Takes mutations as JSON only. A form of another site can send a POST without asking the browser first, but not with
 * this type of content.
 */
export const requireJson: RequestHandler = (request, _response, next) => {
  if (request.method === 'POST' && !/^application\/json\b/i.test(request.get('content-type') ?? '')) {
    throw new HttpError(415, 'Send JSON, with Content-Type: application/json');
  }
  next();
};
