/** Procedures of the admin routers, which carry out operations, and the errors that clients get. */
import { initTRPC, TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import type { z } from 'zod';
import { RollcallError } from '../../registry/failure.ts';
import {
  ask,
  type Change,
  follow,
  make,
  type OperationContext,
  type Query,
  type Subscription,
} from '../admin/operation.ts';
import { toHttpError } from '../http/error-mapping.ts';
import { HttpError } from '../http/error.ts';

export interface ProcedureMeta {
  readonly needsToken: boolean;
}

const trpc = initTRPC
  .context<OperationContext>()
  .meta<ProcedureMeta>()
  .create({
    defaultMeta: { needsToken: true },
    // Otherwise, errors contain their stack unless NODE_ENV is "production".
    isDev: false,
    // A client connects again after each of these times, which checks its token again.
    sse: {
      maxDurationMs: 60_000,
      ping: { enabled: true, intervalMs: 10_000 },
      client: { reconnectAfterInactivityMs: 30_000 },
    },
    errorFormatter: ({ shape, error: { cause } }) => ({
      ...shape,
      data: {
        ...shape.data,
        failure: cause instanceof RollcallError ? cause.type : undefined,
        faults: cause instanceof HttpError ? cause.faults : undefined,
      },
    }),
  });

export const router = trpc.router;

const CODES: Readonly<Record<number, TRPC_ERROR_CODE_KEY>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  501: 'NOT_IMPLEMENTED',
  503: 'SERVICE_UNAVAILABLE',
};

/** Errors have the same code and message as in the REST API. */
const procedure = trpc.procedure.use(async ({ next, ctx, path }) => {
  const result = await next();
  // Any other code is tRPC's own error about a request that it couldn't read.
  if (result.ok || result.error.code !== 'INTERNAL_SERVER_ERROR') return result;
  const cause = result.error.cause ?? result.error;
  const answer = toHttpError(cause);
  const { status, message } = answer;
  const { requestId } = ctx.sender.origin;
  if (status === 500) ctx.logger.error({ err: cause, procedure: path, requestId }, 'admin request failed');
  ctx.audit.refused(ctx.sender, answer);
  throw new TRPCError({ code: CODES[status] ?? 'INTERNAL_SERVER_ERROR', message, cause });
});

/** Procedures only carry out operations, each of which names a role or none. `output` validates what leaves the server. */
// oxlint-disable-next-line explicit-module-boundary-types -- Only tRPC can spell the type.
export function queryProcedure<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Query<Input, z.input<Output>>,
  output: Output,
) {
  const { needsToken = true } = operation;
  return procedure
    .meta({ needsToken })
    .input(typedInput<Input>())
    .query(async ({ ctx, input }) => output.parse(await ask(ctx, operation, input)));
}

// oxlint-disable-next-line explicit-module-boundary-types -- Only tRPC can spell the type.
export function mutationProcedure<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Change<Input, z.input<Output>>,
  output: Output,
) {
  return procedure
    .input(typedInput<Input>())
    .mutation(async ({ ctx, input }) => output.parse(await make(ctx, operation, input)));
}

// oxlint-disable-next-line explicit-module-boundary-types -- Only tRPC can spell the type.
export function subscriptionProcedure<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Subscription<Input, z.input<Output>>,
  output: Output,
) {
  return (
    procedure
      .input(typedInput<Input>())
      // Refused before the first state, so that the refusal has its code and is recorded like any other.
      .subscription(async ({ ctx, input, signal = NEVER }) =>
        validated(output, await follow(ctx, operation, { input, signal })),
      )
  );
}

async function* validated<Output extends z.ZodType>(
  output: Output,
  states: AsyncIterable<z.input<Output>>,
): AsyncGenerator<z.output<Output>, void, unknown> {
  for await (const state of states) yield output.parse(state);
}

/** The signal for callers inside this process, which can't disconnect. */
const NEVER = new AbortController().signal;

/** The type of the input for clients. The operation validates it, after the permission, so that refusals are recorded. */
function typedInput<Input extends z.ZodType>(): (input: unknown) => z.input<Input> {
  return (input) => input as z.input<Input>;
}
