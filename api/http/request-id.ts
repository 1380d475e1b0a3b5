/** What a request is called in the audit, the log and its answer, so that the three can be brought together. */
import type { RequestHandler } from 'express';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const REQUEST_ID_HEADER = 'X-Request-Id';

/** What proxies and clients make: UUIDs, numbers, hexadecimal and Base64 texts. Nothing that could forge a line. */
const ACCEPTABLE = /^[\w.:+/=-]{1,128}$/;

const made = new WeakMap<IncomingMessage, string>();

/** The sender's `X-Request-Id`, or one of our own where there is none that could be kept. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  if (typeof sent === 'string' && ACCEPTABLE.test(sent)) return sent;
  const known = made.get(request);
  if (known !== undefined) return known;
  const id = randomUUID();
  made.set(request, id);
  return id;
}

/** Answers with the id, whatever becomes of the request. */
export const answerRequestId: RequestHandler = (request, response, next) => {
  response.setHeader(REQUEST_ID_HEADER, requestIdOf(request));
  next();
};
