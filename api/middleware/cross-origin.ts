/** What a web page from elsewhere may do: read everything, change nothing. */
import type { RequestHandler } from 'express';
import { isLoopbackAddress, isLoopbackHost } from '../../registry/loopback.ts';
import { callerOf } from '../access/caller.ts';
import { HttpError } from '../http/error.ts';
import { isSafeMethod } from '../http/safe-method.ts';

/** As the documentation of MCP registries for editors demands it, on every answer to a GET. */
const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Expose-Headers': 'ETag, Retry-After, WWW-Authenticate',
} as const;
const PREFLIGHT_MAX_AGE_SECONDS = '86400';

/**
 * CORS for reads, on errors and 304 as well, and the answer to a preflight. A preflight that asks for another method
 * gets no permission: POST would not even have to be listed for a browser to send it.
 */
export const allowCrossOriginReads: RequestHandler = (request, response, next) => {
  if (!isSafeMethod(request.method)) return next();
  const intended = request.method === 'OPTIONS' ? (request.get('access-control-request-method') ?? 'GET') : 'GET';
  if (isSafeMethod(intended)) {
    for (const [name, value] of Object.entries(CORS_HEADERS)) response.setHeader(name, value);
  }
  if (request.method !== 'OPTIONS') return next();
  response.setHeader('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_SECONDS);
  response.status(204).end();
};

/**
 * Refuses changes that a page of another site makes its visitor's browser ask for. Without authentication the listener
 * on loopback is all that protects a registry, and a browser on the same machine is inside. Programs that are no
 * browsers send neither of the headers and are not concerned; nor is who has a token, which no browser adds by itself.
 */
export const refuseCrossSiteWrites: RequestHandler = (request, _response, next) => {
  if (isSafeMethod(request.method) || callerOf(request).kind === 'token') return next();
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isForeign || (origin !== undefined && !isOwnOrigin(origin, request.get('host')))) {
    throw new HttpError(
      403,
      'A web page of another site may not change anything here: send the request from this origin, or from a program',
    );
  }
  // A name of the attacker's that resolves to loopback (DNS rebinding) makes his page one of this origin.
  if (
    origin !== undefined &&
    isLoopbackAddress(request.socket.localAddress ?? '') &&
    !isLoopbackHost(new URL(origin).hostname)
  ) {
    throw new HttpError(
      403,
      'A browser reaches this server on loopback under a name that is not a loopback name: use http://localhost or http://127.0.0.1',
    );
  }
  next();
};

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
