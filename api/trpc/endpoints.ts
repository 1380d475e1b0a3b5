/** `/trpc`: the admin API that the CLI and the console use. Its procedures are declared in `api/admin`, with their roles. */
import { type NodeHTTPHandlerOptions, nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import compression from 'compression';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { operationContext } from '../admin/operation.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoints/endpoint.ts';
import { HttpError } from '../http/error.ts';
import { MAX_BODY_BYTES } from '../http/json-body.ts';
import { adminRouter, openQueries } from './router.ts';

/** Queries in one request, at most. Changes come one at a time, because rate limits count requests. */
const MAX_QUERIES = 20;

const parameters = { procedures: z.string() };

export const trpcApi: EndpointGroup = {
  bases: [{ path: '/trpc' }],
  before: [compression()],
  endpoints: [
    ...openQueries().map((name) =>
      endpoint({
        method: 'get',
        path: `/${name}`,
        access: 'optional',
        summary: 'Call a query that needs no token',
        handle: (call) => callProcedures(call, 1),
      }),
    ),
    endpoint({
      method: 'get',
      path: '/:procedures',
      access: 'token',
      summary: 'Call queries',
      parameters,
      handle: (call) => callProcedures(call, MAX_QUERIES),
    }),
    endpoint({
      method: 'post',
      path: '/:procedures',
      access: 'write',
      summary: 'Call a mutation',
      parameters,
      handle: async (call) => {
        // A form of another site can send a POST without a preflight, but not with this content type.
        if (!/^application\/json\b/i.test(call.request.get('content-type') ?? '')) {
          throw new HttpError(415, 'Send JSON, with Content-Type: application/json');
        }
        await callProcedures(call, 1);
      },
    }),
  ],
};

async function callProcedures({ context, request, response }: Call, maxBatchSize: number): Promise<void> {
  const options: NodeHTTPHandlerOptions<typeof adminRouter, Request, Response> = {
    router: adminRouter,
    createContext: () => operationContext(context, request),
    maxBodySize: MAX_BODY_BYTES,
    maxBatchSize,
    // `no-transform`: events of a subscription must not wait in a compressor.
    responseMeta: ({ type }) => ({
      headers: { 'Cache-Control': type === 'subscription' ? 'no-store, no-transform' : 'no-store' },
    }),
  };
  await nodeHTTPRequestHandler({ ...options, req: request, res: response, path: request.path.slice('/trpc/'.length) });
}
