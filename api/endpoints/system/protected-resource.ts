/** Protected resource metadata (RFC 9728): tells clients where to get a token. */
import { resourceMetadata, resourceMetadataSchema, WELL_KNOWN } from '../../access/protected-resource.ts';
import { HttpError } from '../../http/error.ts';
import { endpoint, type EndpointGroup } from '../endpoint.ts';

export const protectedResourceApi: EndpointGroup = {
  bases: [{ path: WELL_KNOWN }],
  endpoints: [
    endpoint({
      method: 'get',
      path: '{/*resource}',
      access: 'open',
      isForWebPages: true,
      summary: 'Read where to get a token',
      answers: { 200: { description: 'The metadata.', schema: resourceMetadataSchema } },
      handle: ({ context: { access }, request, response }) => {
        const { settings } = access;
        if (settings.mode === 'anonymous') throw new HttpError(404, 'Authentication is off: no token is needed');
        response.set('Cache-Control', 'no-cache');
        return resourceMetadata(request, request.path.slice(WELL_KNOWN.length).replace(/\/$/, ''), settings);
      },
    }),
  ],
};
