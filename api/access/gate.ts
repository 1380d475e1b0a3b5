/** Lets a request pass to an endpoint, or refuses it. */
import type { Request, RequestHandler } from 'express';
import type { ApiContext } from '../context.ts';
import type { Access } from '../endpoints/endpoint.ts';
import { refusedToken } from './authenticate.ts';
import { callerOf } from './caller.ts';
import { refusalOf, scopeNeeded, tokenNeeded } from './challenge.ts';

/** Checks the token of a request as the access of an endpoint requires. Roles and claims are for the endpoint to check. */
export function gate(
  { access: { settings }, registries }: Pick<ApiContext, 'access' | 'registries'>,
  access: Exclude<Access, 'open'>,
): RequestHandler {
  if (settings.mode === 'anonymous') return (_request, _response, next) => next();
  return async (request, _response, next) => {
    const refused = refusedToken(request);
    if (refused !== undefined) throw refusalOf(refused, request, settings);
    const caller = callerOf(request);
    if (caller.kind === 'public') {
      const isOpen = access === 'optional' || (access === 'registry' && (await isPublicRegistry(request, registries)));
      if (!isOpen) throw tokenNeeded(request, settings);
    } else if (access === 'write' && !caller.mayWrite) {
      throw scopeNeeded(request, settings);
    }
    next();
  };
}

/** The endpoint checks the registry again: this only decides between 401 and the endpoint's own answer. */
async function isPublicRegistry({ params }: Request, registries: ApiContext['registries']): Promise<boolean> {
  const { registry } = params;
  return typeof registry !== 'object' && (await registries.find(registry))?.access === 'public';
}
