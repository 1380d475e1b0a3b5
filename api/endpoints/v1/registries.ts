/** `/v1/registries` */
import { findRegistry, type RegistryRow } from '../../../db/configuration/registries.ts';
import { mapping } from '../../../config/schema/mapping.ts';
import { registryMembers } from '../../../config/schema/file.ts';
import { seesRegistry } from '../../access/permissions.ts';
import { ask, make, makeFrom, operationContext } from '../../admin/operation.ts';
import { getRegistry, listRegistries } from '../../admin/registries/reads.ts';
import { createRegistry, deleteRegistry, updateRegistry } from '../../admin/registries/changes.ts';
import { type Call, endpoint } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import { sendRegistryEntries } from './entry-lists.ts';
import { namedInput, namesInPath } from './request-body.ts';
import {
  possiblyNoClaims,
  registryEntries,
  type RegistryInfo,
  registryInfo,
  registryInfos,
} from './response-schemas.ts';

const ofRegistry = {
  name: pathParameters.registry.meta({ description: 'Name of the registry.', example: 'partners' }),
};

export const registryEndpoints = [
  endpoint({
    method: 'get',
    path: '/registries',
    access: 'token',
    operationId: 'listAllRegistries',
    summary: 'List registries',
    answers: { 200: { description: 'The current state.', schema: registryInfos } },
    handle: async ({ context, request }) => {
      const registries = await ask(operationContext(context, request), listRegistries, undefined);
      return { registries: registries.map(info) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/registries/:name',
    access: 'token',
    operationId: 'getRegistryInfo',
    summary: 'Read a registry',
    parameters: ofRegistry,
    answers: { 200: { description: 'The current state.', schema: registryInfo } },
    errors: [404],
    handle: async ({ context, request }) =>
      info(await ask(operationContext(context, request), getRegistry, namesInPath(request))),
  }),
  endpoint({
    method: 'put',
    path: '/registries/:name',
    access: 'write',
    operationId: 'putRegistry',
    summary: 'Create or change a registry',
    parameters: ofRegistry,
    body: mapping({ ...registryMembers, claims: possiblyNoClaims }).meta({ id: 'Registry' }),
    answers: {
      200: { description: 'Changed.', schema: registryInfo },
      201: { description: 'Created.', schema: registryInfo },
    },
    errors: [404, 409],
    handle: putRegistry,
  }),
  endpoint({
    method: 'delete',
    path: '/registries/:name',
    access: 'write',
    operationId: 'deleteRegistry',
    summary: 'Delete a registry',
    parameters: ofRegistry,
    answers: { 204: { description: 'Done.' } },
    errors: [404, 409],
    handle: async ({ context, request, response }) => {
      await make(operationContext(context, request), deleteRegistry, namesInPath(request));
      response.status(204).end();
    },
  }),
  endpoint({
    method: 'get',
    path: '/registries/:name/entries',
    access: 'token',
    operationId: 'listRegistryEntries',
    summary: 'List the entries of all sources of a registry',
    parameters: ofRegistry,
    answers: { 200: { description: 'The current state.', schema: registryEntries } },
    errors: [404],
    handle: sendRegistryEntries,
  }),
];

/** Creates the registry, or changes it if it exists and the caller can see it. */
async function putRegistry({ context, request, response }: Call): Promise<RegistryInfo> {
  const operation = operationContext(context, request);
  const existing = await findRegistry(context.database, namesInPath(request).name);
  const exists = existing !== null && seesRegistry(operation.caller, existing);
  const registry = await makeFrom(operation, exists ? updateRegistry : createRegistry, namedInput(request));
  response.status(exists ? 200 : 201);
  return info(registry);
}

function info({ name, origin, sources, access, claims, createdAt, updatedAt }: RegistryRow): RegistryInfo {
  return {
    name,
    creationType: origin === 'api' ? 'API' : 'CONFIG',
    sources,
    access,
    ...(claims !== null && { claims }),
    createdAt,
    updatedAt,
  };
}
