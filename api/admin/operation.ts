/** The operations of the admin API. Each is declared once, for tRPC and REST. */
import type { Request } from 'express';
import type { z } from 'zod';
import { describeIssue, pathText } from '../../config/schema/messages.ts';
import type { AuditAction, AuditTarget } from '../../registry/audit.ts';
import { isJsonObject, someText, textOf } from '../../registry/json.ts';
import type { Role } from '../../registry/roles.ts';
import { type Fault, firstFaults } from '../../registry/server-json/check.ts';
import { type Caller, callerOf } from '../access/caller.ts';
import { requireRole, requireWrite } from '../access/permissions.ts';
import { type Sender, senderOf } from '../audit/sender.ts';
import type { ApiContext } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { type RequestSession, sessionOf } from '../sign-in/sessions.ts';

/** The context of an operation: the parts of the API, and the caller. */
export interface OperationContext extends ApiContext {
  readonly caller: Caller;
  readonly sender: Sender;
  /** Undefined if the request has no session of the console. */
  readonly session: RequestSession | undefined;
}

export function operationContext(context: ApiContext, request: Request): OperationContext {
  return { ...context, caller: callerOf(request), sender: senderOf(request), session: sessionOf(request) };
}

interface Declaration<Input extends z.ZodType, Output> {
  /** The role that the caller must have; null if any token is enough. `run` decides what is visible. */
  readonly role: Role | null;
  readonly input: Input;
  readonly run: (context: OperationContext, input: z.output<Input>) => Promise<Output>;
}

/** Reads something. */
export interface Query<Input extends z.ZodType, Output> extends Declaration<Input, Output> {
  readonly kind: 'query';
  /** Whether only callers with a token can ask. Default: true. Callers without one see what is public. */
  readonly needsToken?: boolean;
}

/** Reads something, and again whenever it changes, until the signal aborts. */
export interface Subscription<Input extends z.ZodType, Output> extends Omit<Declaration<Input, Output>, 'run'> {
  readonly kind: 'subscription';
  /** Throws before it returns the iterable, if it can tell by then. */
  readonly run: (
    context: OperationContext,
    input: z.output<Input>,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<Output>>;
}

type ChangeAction = Extract<AuditAction, `${'entry' | 'source' | 'registry'}.${string}`>;

/** Changes something. The token needs the write scope, and the change is recorded. */
export interface Change<Input extends z.ZodType, Output> extends Declaration<Input, Output> {
  readonly kind: 'change';
  readonly role: Role;
  readonly action: ChangeAction;
  /** The target of the change, for the audit event. Default: the names in the input. */
  readonly target?: (input: z.output<Input>) => Partial<Omit<AuditTarget, 'kind'>>;
}

export function query<Input extends z.ZodType, Output>(
  declaration: Omit<Query<Input, Output>, 'kind'>,
): Query<Input, Output> {
  return { kind: 'query', ...declaration };
}

export function subscription<Input extends z.ZodType, Output>(
  declaration: Omit<Subscription<Input, Output>, 'kind'>,
): Subscription<Input, Output> {
  return { kind: 'subscription', ...declaration };
}

export function change<Input extends z.ZodType, Output>(
  declaration: Omit<Change<Input, Output>, 'kind'>,
): Change<Input, Output> {
  return { kind: 'change', ...declaration };
}

/**
 * Answers a query, if the caller is allowed to ask it.
 *
 * @throws HttpError 403 if the caller isn't, 400 for input that doesn't match the schema, and what the query throws.
 */
export async function ask<Input extends z.ZodType, Output>(
  context: OperationContext,
  operation: Query<Input, Output>,
  input: unknown,
): Promise<Output> {
  return await askFrom(context, operation, () => Promise.resolve(input));
}

/** Like `ask`, with an input that must still be read from a request. */
export async function askFrom<Input extends z.ZodType, Output>(
  context: OperationContext,
  { role, input: schema, run }: Query<Input, Output>,
  find: () => Promise<unknown>,
): Promise<Output> {
  if (role !== null) requireRole(context.caller, role);
  return await run(context, valueOf(schema, await find()));
}

/**
 * Answers a subscription, if the caller is allowed to have it.
 *
 * @throws as `ask`, also later
 */
export async function follow<Input extends z.ZodType, Output>(
  context: OperationContext,
  { role, input: schema, run }: Subscription<Input, Output>,
  { input, signal }: { readonly input: unknown; readonly signal: AbortSignal },
): Promise<AsyncIterable<Output>> {
  if (role !== null) requireRole(context.caller, role);
  return await run(context, valueOf(schema, input), signal);
}

/**
 * Makes a change, if the caller is allowed to, and records it, even if it is refused.
 *
 * @throws as `ask`
 */
export async function make<Input extends z.ZodType, Output>(
  context: OperationContext,
  operation: Change<Input, Output>,
  input: unknown,
): Promise<Output> {
  return await makeFrom(context, operation, { about: {}, find: () => Promise.resolve(input) });
}

/** An input that must still be read from a request. */
export interface InputToFind {
  /** The target according to the path, for the audit event of a request whose input can't be read. */
  readonly about: Partial<Omit<AuditTarget, 'kind'>>;
  readonly find: () => Promise<unknown>;
}

/** Like `make`, with an input that must still be read from a request. A failure to read it is recorded as well. */
export async function makeFrom<Input extends z.ZodType, Output>(
  context: OperationContext,
  operation: Change<Input, Output>,
  { about, find }: InputToFind,
): Promise<Output> {
  const { role, action, run } = operation;
  const input = await readFrom(operation.input, find);
  const target = { ...UNKNOWN, kind: kindOf(action), ...about, ...(await targetOf(context, operation, input)) };
  return await context.audit.change({ sender: context.sender, action, target }, async () => {
    requireWrite(context.caller);
    requireRole(context.caller, role);
    if ('error' in input) throw input.error;
    return await run(context, input.value);
  });
}

type ReadInput<Value> = { readonly value: Value } | { readonly sent: unknown; readonly error: unknown };

async function readFrom<Input extends z.ZodType>(
  schema: Input,
  find: () => Promise<unknown>,
): Promise<ReadInput<z.output<Input>>> {
  let sent: unknown;
  try {
    sent = await find();
    return { value: valueOf(schema, sent) };
  } catch (error) {
    return { sent, error };
  }
}

const UNKNOWN = { name: null, version: null, registry: null };

async function targetOf<Input extends z.ZodType, Output>(
  { registries }: OperationContext,
  { action, target = namesIn }: Change<Input, Output>,
  input: ReadInput<z.output<Input>>,
): Promise<Partial<AuditTarget>> {
  if ('error' in input) return namesIn(input.sent);
  const told = target(input.value);
  if (kindOf(action) !== 'entry' || typeof told.registry === 'string') return told;
  return { ...told, registry: (await registries.find(undefined))?.name ?? null };
}

/** The names in an input, whether or not it matches the schema. */
function namesIn(sent: unknown): Partial<AuditTarget> {
  if (!isJsonObject(sent)) return {};
  const members = ['name', 'version', 'registry'] as const;
  return Object.fromEntries(members.map((member) => [member, textOf(sent[member])]).filter(([, text]) => text));
}

function kindOf(action: ChangeAction): AuditTarget['kind'] {
  const [kind] = action.split('.');
  return kind as AuditTarget['kind'];
}

/** @throws HttpError 400 with all faults and their places. */
function valueOf<Input extends z.ZodType>(schema: Input, input: unknown): z.output<Input> {
  refuseImpossible(input);
  const result = schema.safeParse(input, { error: describeIssue });
  if (result.success) return result.data;
  throw badInput(result.error.issues.flatMap(faultsOf));
}

/**
 * Refuses inputs that are always mistakes: texts that the database can't store, and a member that zod silently drops,
 * which would change the meaning of the request.
 *
 * @throws HttpError 400
 */
function refuseImpossible(input: unknown): void {
  if (someText(input, (text) => text.includes('\0') || !text.isWellFormed())) {
    throw new HttpError(400, 'The input contains the character NUL or an unpaired surrogate');
  }
  if (someText(input, (text, what) => what === 'name' && text === '__proto__')) {
    throw new HttpError(400, 'The name "__proto__" is not allowed');
  }
}

/** 400, with the first 100 faults and their places. */
export function badInput(found: readonly Fault[]): HttpError {
  const faults = firstFaults(found);
  const told = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new HttpError(400, told.join('; '), { faults });
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: 'unknown key' }));
}
