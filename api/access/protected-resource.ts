/** Protected resource metadata (RFC 9728), which tells clients where to get a token for a registry. */
import type { Request } from 'express';
import { z } from 'zod';
import type { OAuthSettings } from '../../config/model.ts';
import { HttpError } from '../http/error.ts';

export const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The path of a resource: the API of one registry, or of the default one. */
const RESOURCE_PATH = /^(?:\/registry\/[^/]+)?(?:\/v0(?:\.1)?)?$/;

export const resourceMetadataSchema = z
  .object({
    resource: z.string(),
    authorization_servers: z.array(z.string()),
    scopes_supported: z.array(z.string()),
    bearer_methods_supported: z.array(z.string()),
    resource_name: z.string(),
  })
  .meta({ id: 'ProtectedResourceMetadata' });
type ResourceMetadata = z.input<typeof resourceMetadataSchema>;

type Settings = Pick<OAuthSettings, 'resourceUrl' | 'realm' | 'scopesSupported' | 'providers'>;

/**
 * The metadata of a resource: of the whole server, or of one registry, whether or not that registry exists.
 *
 * @param path the path of the resource, empty for the whole server
 * @throws HttpError 404 for a path that can't have a resource
 */
export function resourceMetadata(request: Request, path: string, settings: Settings): ResourceMetadata {
  const base = baseUrl(request, settings);
  if (base === null || !RESOURCE_PATH.test(path)) throw new HttpError(404, `There is no resource at ${path}`);
  return {
    // Clients refuse the document unless this equals the URL that they know (section 3.3).
    resource: settings.resourceUrl !== undefined && path === '' ? settings.resourceUrl : `${base}${path}`,
    authorization_servers: [...new Set(settings.providers.map(({ issuerUrl }) => issuerUrl))],
    scopes_supported: [...settings.scopesSupported],
    bearer_methods_supported: ['header'],
    resource_name: settings.realm,
  };
}

/**
 * The URL of the metadata for the registry of a request, so that `resource` is a prefix of the URL that the client used.
 * Null if the request doesn't name a host.
 */
export function metadataUrl(request: Request, settings: Settings): string | null {
  const base = baseUrl(request, settings);
  const [registry = ''] = /^\/registry\/(?!v0\.1(?:\/|$))[\w.~%-]+/.exec(request.path) ?? [];
  return base === null ? null : `${base}${WELL_KNOWN}${registry}`;
}

/** The URL of this server as clients know it, without a trailing slash. */
function baseUrl(request: Request, { resourceUrl }: Settings): string | null {
  if (resourceUrl !== undefined) return resourceUrl.replace(/\/$/, '');
  const { host } = request;
  return host === undefined ? null : (URL.parse(`${request.protocol}://${host}`)?.origin ?? null);
}
