/** Lets a request pass to the routes, or not. What is not listed here needs a token, routes of the future included. */
import type { Request, RequestHandler } from 'express';
import type { OAuthSettings } from '../../config/model.ts';
import { isSafeMethod } from '../http/safe-method.ts';
import type { RegistryDirectory } from '../registry-directory.ts';
import { refusedToken } from './authenticate.ts';
import { callerOf } from './caller.ts';
import { refusalOf, scopeNeeded, tokenNeeded } from './challenge.ts';
import { isAlwaysOpen, isConsoleQuery, registryRead } from './open-paths.ts';
import { percentDecoded } from './percent-decoding.ts';

/** `mcp-publisher login`: answers how to get a token. */
const LOGIN = /^(?:\/registry\/[^/]+)?\/v0(?:\.1)?\/auth\/|^\/registry\/v0\.1\/auth\//;
/** These are sent with POST, and change nothing. */
const VALIDATION = /\/v0(?:\.1)?\/validate\/?$/;

export function gate(settings: OAuthSettings, registries: RegistryDirectory): RequestHandler {
  return async (request, _response, next) => {
    if (isAlwaysOpen(request.path)) return next();
    const refused = refusedToken(request);
    if (refused !== undefined) throw refusalOf(refused, request, settings);
    const caller = callerOf(request);
    const isSafe = isSafeMethod(request.method);
    if (caller.kind === 'public') {
      const isOpenRead = isSafe && (isConsoleQuery(request.path) || (await isOfPublicRegistry(request, registries)));
      const isOpen = LOGIN.test(request.path) || isOpenRead;
      if (!isOpen) throw tokenNeeded(request, settings);
    } else if (!isSafe && !caller.mayWrite && !VALIDATION.test(request.path) && !LOGIN.test(request.path)) {
      throw scopeNeeded(request, settings);
    }
    next();
  };
}

/** The routes judge the registry that they find once more: this decides only between 401 and what they answer. */
async function isOfPublicRegistry({ path }: Request, registries: RegistryDirectory): Promise<boolean> {
  const read = registryRead(path);
  if (read === null) return false;
  const { name: written } = read;
  const name = written === undefined ? undefined : percentDecoded(written);
  return name !== null && (await registries.find(name))?.access === 'public';
}
