/** `/v1`: the admin API as REST, in the shapes of ToolHive Registry Server, for scripts that were written for it. */
import { type RequestHandler, Router } from 'express';
import { ask, operationContext } from '../admin/operation.ts';
import { describeCaller } from '../admin/system.ts';
import type { ApiContext } from '../context.ts';
import { readBody } from '../http/json-body.ts';
import { addRoute } from '../http/routes.ts';
import { deleteEntryVersion, getClaims, postEntry, putClaims } from './entries.ts';
import { getRegistryEntries, getSourceEntries } from './entry-lists.ts';
import { deleteRegistryByName, getRegistries, getRegistryByName, putRegistry } from './registries.ts';
import { deleteSourceByName, getSourceByName, getSources, putSource } from './sources.ts';

export function restAdminApi(context: ApiContext): Router {
  const router = Router();
  router.use(neverStored);
  addRoute(router, '/me', { get: getMe(context) });
  addRoute(router, '/sources', { get: getSources(context) });
  addRoute(router, '/sources/:name', {
    get: getSourceByName(context),
    put: [readBody, putSource(context)],
    delete: deleteSourceByName(context),
  });
  addRoute(router, '/sources/:name/entries', { get: getSourceEntries(context) });
  addRoute(router, '/registries', { get: getRegistries(context) });
  addRoute(router, '/registries/:name', {
    get: getRegistryByName(context),
    put: [readBody, putRegistry(context)],
    delete: deleteRegistryByName(context),
  });
  addRoute(router, '/registries/:name/entries', { get: getRegistryEntries(context) });
  addRoute(router, '/entries', { post: [readBody, postEntry(context)] });
  addRoute(router, '/entries/:type/:name/versions/:version', { delete: deleteEntryVersion(context) });
  addRoute(router, '/entries/:type/:name/claims', { get: getClaims(context), put: [readBody, putClaims(context)] });
  return router;
}

const neverStored: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

function getMe(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const { subject, roles } = await ask(operationContext(context, request), describeCaller, undefined);
    response.json({ subject: subject ?? 'anonymous', roles });
  };
}
