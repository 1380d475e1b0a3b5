/** What the admin routers are made of: their context, and errors that clients can act on. */
import { initTRPC, TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import { RollcallError } from '../../registry/failure.ts';
import type { ApiContext } from '../context.ts';
import { toHttpError } from '../error-handler.ts';

const trpc = initTRPC.context<ApiContext>().create({
  // Otherwise errors carry their stack wherever NODE_ENV is not "production".
  isDev: false,
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, failure: error.cause instanceof RollcallError ? error.cause.type : undefined },
  }),
});

export const router = trpc.router;

const CODES: Readonly<Record<number, TRPC_ERROR_CODE_KEY>> = {
  400: 'BAD_REQUEST',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  422: 'UNPROCESSABLE_CONTENT',
  501: 'NOT_IMPLEMENTED',
  503: 'SERVICE_UNAVAILABLE',
};

/** A procedure whose errors have the code and the message that the REST API would answer with. */
export const procedure = trpc.procedure.use(async ({ next, ctx, path }) => {
  const result = await next();
  if (result.ok || isRefusal(result.error)) return result;
  const cause = result.error.cause ?? result.error;
  const { status, message } = toHttpError(cause);
  if (status === 500) ctx.logger.error({ err: cause, procedure: path }, 'admin request failed');
  throw new TRPCError({ code: CODES[status] ?? 'INTERNAL_SERVER_ERROR', message, cause });
});

/** Thrown on purpose, by tRPC for bad input and by procedures, with a code and a message of its own. */
function isRefusal(error: TRPCError): boolean {
  return error.code !== 'INTERNAL_SERVER_ERROR';
}

/** 404 with a message that names what was asked for. */
export function notFound(message: string): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message });
}
