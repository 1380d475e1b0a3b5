/** The id of a request in the audit trail, the log, and its answer, which connects the three. */
import type { RequestHandler } from 'express';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const REQUEST_ID_HEADER = 'X-Request-Id';

/** The ids that proxies and clients make: UUIDs, numbers, hexadecimal and Base64 texts. None can forge a line of the log. */
const ACCEPTABLE = /^[\w.:+/=-]{1,128}$/;

const ID = Symbol('request id');
type Identified = IncomingMessage & { [ID]?: string };

/** The sender's `X-Request-Id`, or a new id if it is missing or invalid. */
export function requestIdOf(request: IncomingMessage): string {
  return ((request as Identified)[ID] ??= sentId(request) ?? randomUUID());
}

function sentId({ headers }: IncomingMessage): string | undefined {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && ACCEPTABLE.test(sent) ? sent : undefined;
}

/** Sends the id with every answer, errors included. */
export const answerRequestId: RequestHandler = (request, response, next) => {
  response.setHeader(REQUEST_ID_HEADER, requestIdOf(request));
  next();
};
