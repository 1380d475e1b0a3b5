/** Requests and responses that have the prototypes of an Express app from the start. */
import type { Express } from 'express';
import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';

/** The classes from which an HTTP server creates its requests and responses. */
export type MessageClasses = Required<Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>>;

/**
 * Classes for the server of an Express app. Express gives each request and response the prototypes `app.request` and
 * `app.response`, which is slow in V8 unless they have them already. Call it once per app, because it sets both.
 */
export function messageClassesOf(app: Express): MessageClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  app.request = Object.setPrototypeOf(AppRequest.prototype, app.request);
  app.response = Object.setPrototypeOf(AppResponse.prototype, app.response);
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}
