/** What clients need to know to get a token for a registry: protected resource metadata (RFC 9728). */
import { type Request, type RequestHandler, Router } from 'express';
import type { OAuthSettings } from '../../config/model.ts';
import { HttpError } from '../http/error.ts';
import { addRoute } from '../http/routes.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Where the API of one registry, or of the default one, begins: each is a resource of its own. */
const RESOURCE_PATH = /^(?:\/registry\/[^/]+)?(?:\/v0(?:\.1)?)?$/;

type Settings = Pick<OAuthSettings, 'resourceUrl' | 'realm' | 'scopesSupported' | 'providers'>;

/**
 * The document of the whole server, and one for each registry, at the path of the registry after the well-known one.
 * Whether there is such a registry makes no difference.
 */
export function protectedResourceMetadata(settings: Settings): Router {
  const router = Router();
  const get: RequestHandler = (request, response) => {
    const path = request.path.slice(WELL_KNOWN.length).replace(/\/$/, '');
    const base = baseUrl(request, settings);
    if (base === null || !RESOURCE_PATH.test(path)) throw new HttpError(404, `There is no resource at ${path}`);
    response.set('Cache-Control', 'no-cache').json({
      // Equal to the URL that the client knows: it refuses the document otherwise (section 3.3).
      resource: settings.resourceUrl !== undefined && path === '' ? settings.resourceUrl : `${base}${path}`,
      authorization_servers: [...new Set(settings.providers.map(({ issuerUrl }) => issuerUrl))],
      scopes_supported: settings.scopesSupported,
      bearer_methods_supported: ['header'],
      resource_name: settings.realm,
    });
  };
  addRoute(router, `${WELL_KNOWN}{/*resource}`, { get });
  return router;
}

/**
 * Where the document is that a request needs: its registry's, so that `resource` in it is the beginning of the URL that
 * the client used. Null for a request that does not say how it reached this server.
 */
export function metadataUrl(request: Request, settings: Settings): string | null {
  const base = baseUrl(request, settings);
  const [registry = ''] = /^\/registry\/(?!v0\.1(?:\/|$))[\w.~%-]+/.exec(request.path) ?? [];
  return base === null ? null : `${base}${WELL_KNOWN}${registry}`;
}

/** Of this server as clients know it, without a slash at the end. */
function baseUrl(request: Request, { resourceUrl }: Settings): string | null {
  if (resourceUrl !== undefined) return resourceUrl.replace(/\/$/, '');
  const { host } = request;
  return host === undefined ? null : (URL.parse(`${request.protocol}://${host}`)?.origin ?? null);
}
