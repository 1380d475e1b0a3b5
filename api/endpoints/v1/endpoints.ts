/** `/v1`: the admin API as REST, in the shapes of ToolHive Registry Server, for scripts that were written for it. */
import compression from 'compression';
import { ask, operationContext } from '../../admin/operation.ts';
import { describeCaller } from '../../admin/system.ts';
import { endpoint, type EndpointGroup } from '../endpoint.ts';
import { entryEndpoints } from './entries.ts';
import { registryEndpoints } from './registries.ts';
import { callerInfo } from './response-schemas.ts';
import { sourceEndpoints } from './sources.ts';

const me = endpoint({
  method: 'get',
  path: '/me',
  access: 'token',
  operationId: 'me',
  summary: 'Read the identity and roles of the caller',
  answers: { 200: { description: 'The current state.', schema: callerInfo } },
  handle: async ({ context, request }) => {
    const { subject, roles } = await ask(operationContext(context, request), describeCaller, undefined);
    return { subject: subject ?? 'anonymous', roles };
  },
});

export const restAdminApi: EndpointGroup = {
  bases: [{ path: '/v1', tag: 'Administration' }],
  before: [compression()],
  endpoints: [me, ...sourceEndpoints, ...registryEndpoints, ...entryEndpoints],
};
