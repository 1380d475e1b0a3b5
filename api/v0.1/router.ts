/** The MCP Registry API for one registry: the one that its mount path names, else the default registry. */
import { Router } from 'express';
import type { ApiContext } from '../context.ts';
import { readBody } from '../http/json-body.ts';
import { addRoute } from '../http/routes.ts';
import { authenticateByOidc, authenticatePublisher, refuseOtherAuthentication } from './publisher-authentication.ts';
import { getServerVersion, listServers, listServerVersions } from './reads.ts';
import { encodePlainSlash } from './server-name-in-path.ts';
import { getHealth, getVersion, ping } from './service-status.ts';
import { deleteVersion, publish, replaceVersion, setStatus, setStatusOfAll, validate } from './writes.ts';

/** Mount paths may have the parameter `registry`. */
export function registryApi(context: ApiContext): Router {
  const router = Router({ mergeParams: true });
  router.use(encodePlainSlash);
  addRoute(router, '/servers', { get: listServers(context) });
  addRoute(router, '/servers/:server/versions/:version', {
    get: getServerVersion(context),
    put: [readBody, replaceVersion(context)],
    delete: deleteVersion(context),
  });
  addRoute(router, '/servers/:server/versions', { get: listServerVersions(context) });
  addRoute(router, '/servers/:server', { get: getServerVersion(context) });
  addRoute(router, '/servers/:server/versions/:version/status', { patch: [readBody, setStatus(context)] });
  addRoute(router, '/servers/:server/status', { patch: [readBody, setStatusOfAll(context)] });
  addRoute(router, '/publish', { post: [readBody, publish(context)] });
  addRoute(router, '/validate', { post: [readBody, validate(context)] });
  addRoute(router, '/auth/none', { post: authenticatePublisher(context) });
  addRoute(router, '/auth/github-oidc', { post: [readBody, authenticateByOidc(context, 'github-oidc')] });
  addRoute(router, '/auth/oidc', { post: [readBody, authenticateByOidc(context, 'oidc')] });
  addRoute(router, '/auth/:method', { post: refuseOtherAuthentication(context) });
  addRoute(router, '/health', { get: getHealth });
  addRoute(router, '/ping', { get: ping });
  addRoute(router, '/version', { get: getVersion(context) });
  return router;
}
