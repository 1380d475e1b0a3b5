/** `/v1/registries` */
import type { RequestHandler } from 'express';
import { findRegistry } from '../../db/configuration/registries.ts';
import { seesRegistry } from '../access/permissions.ts';
import { ask, make, makeFrom, operationContext } from '../admin/operation.ts';
import { getRegistry, listRegistries, type RegistryDetails } from '../admin/registries.ts';
import { createRegistry, deleteRegistry, updateRegistry } from '../admin/registry-changes.ts';
import type { ApiContext } from '../context.ts';
import { pathParameter } from '../http/routes.ts';
import { namedInput } from './request-body.ts';
import type { RegistryInfo } from './response-schemas.ts';

export function getRegistries(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const registries = await ask(operationContext(context, request), listRegistries, undefined);
    response.json({ registries: registries.map(info) });
  };
}

export function getRegistryByName(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const name = pathParameter(request, 'name');
    response.json(info(await ask(operationContext(context, request), getRegistry, { name })));
  };
}

/** Creates the registry, or changes it where there is one: 201 or 200. */
export function putRegistry(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const operation = operationContext(context, request);
    const existing = await findRegistry(context.database, pathParameter(request, 'name'));
    const isThere = existing !== null && seesRegistry(operation.caller, existing);
    const registry = await makeFrom(operation, isThere ? updateRegistry : createRegistry, namedInput(request));
    response.status(isThere ? 200 : 201).json(info(registry));
  };
}

export function deleteRegistryByName(context: ApiContext): RequestHandler {
  return async (request, response) => {
    await make(operationContext(context, request), deleteRegistry, { name: pathParameter(request, 'name') });
    response.status(204).end();
  };
}

function info({ name, origin, sources, access, claims, createdAt, updatedAt }: RegistryDetails): RegistryInfo {
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
