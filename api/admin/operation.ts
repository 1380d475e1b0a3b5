/** What can be done over the admin API. tRPC and REST carry out the same operations, each declared once. */
import type { z } from 'zod';
import { describeIssue, pathText } from '../../config/messages.ts';
import type { Role } from '../../registry/roles.ts';
import type { Fault } from '../../registry/server-json.ts';
import type { Caller } from '../access/caller.ts';
import { requireRole, requireWrite } from '../access/permissions.ts';
import type { ApiContext } from '../context.ts';
import { HttpError } from '../http-error.ts';

/** The parts of the API, and who asks. */
export interface OperationContext extends ApiContext {
  readonly caller: Caller;
}

interface Declaration<Input extends z.ZodType, Output> {
  /** The role that the caller must have; null: any token is enough. What may be seen is up to `run`. */
  readonly role: Role | null;
  readonly input: Input;
  readonly run: (context: OperationContext, input: z.output<Input>) => Promise<Output>;
}

/** Tells something. */
export interface Query<Input extends z.ZodType, Output> extends Declaration<Input, Output> {
  readonly kind: 'query';
}

/** Changes something, for which the token needs the write scope. */
export interface Change<Input extends z.ZodType, Output> extends Declaration<Input, Output> {
  readonly kind: 'change';
}

export function query<Input extends z.ZodType, Output>(declaration: Declaration<Input, Output>): Query<Input, Output> {
  return { kind: 'query', ...declaration };
}

export function change<Input extends z.ZodType, Output>(
  declaration: Declaration<Input, Output>,
): Change<Input, Output> {
  return { kind: 'change', ...declaration };
}

/**
 * Carries an operation out, if the caller may.
 *
 * @throws HttpError 403 where the caller may not, 400 for input that the operation does not understand, and
 *   whatever the operation throws.
 */
export async function perform<Input extends z.ZodType, Output>(
  context: OperationContext,
  operation: Query<Input, Output> | Change<Input, Output>,
  input: unknown,
): Promise<Output> {
  if (operation.kind === 'change') requireWrite(context.caller);
  if (operation.role !== null) requireRole(context.caller, operation.role);
  return await operation.run(context, readInput(operation.input, input));
}

/** @throws HttpError 400 that tells every fault and its place. */
function readInput<Input extends z.ZodType>(schema: Input, input: unknown): z.output<Input> {
  const result = schema.safeParse(input, { error: describeIssue });
  if (result.success) return result.data;
  throw badInput(result.error.issues.flatMap(faultsOf));
}

/** 400, with everything that is wrong and its place. */
export function badInput(faults: readonly Fault[]): HttpError {
  const told = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new HttpError(400, told.join('; '), { faults });
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'is not known' }));
}
