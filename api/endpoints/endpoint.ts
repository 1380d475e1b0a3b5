/**
 * The declaration of an endpoint. The router, the access check, the rate limit, CORS, the OpenAPI document, and the
 * tables in the tests all come from it, and nothing else knows an endpoint.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import 'zod-openapi';
import type { ApiContext } from '../context.ts';

/**
 * The callers that can use an endpoint. Tokens are only needed if authentication is on; roles are checked by the
 * operations.
 */
export type Access =
  /** Everyone. A token is ignored. */
  | 'open'
  /** Everyone. A token that is sent anyway must be valid. */
  | 'optional'
  /** Callers with a token, and everyone if the registry in the path is public. Web pages of all origins can read it. */
  | 'registry'
  /** Callers with a token. */
  | 'token'
  /** Callers whose token has the write scope. */
  | 'write';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** An answer as the OpenAPI document describes it. */
interface Answer {
  readonly description: string;
  /** The schema of the JSON body; undefined if the answer has no body. */
  readonly schema?: z.ZodType;
  /** The same body in other formats, by media type. */
  readonly otherTypes?: Readonly<Record<string, z.ZodType>>;
}

/** Answers by status. */
type Answers = Readonly<Record<number, Answer>>;

/** Statuses of errors that don't follow from the rest of the declaration (see `openapi/responses.ts`). */
type DeclaredError = 404 | 409 | 422 | 501 | 503;

/** The names of the parameters in a path: `server` and `version` of `/servers/:server/versions/:version`. */
type ParameterIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterIn<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

interface Declaration {
  readonly method: Method;
  readonly access: Access;
  /** Whether web pages of all origins can read the answers. Default: if `access` is `registry`. */
  readonly isForWebPages?: boolean;
  /** Name in the OpenAPI document, unique within the group. Default: the document leaves the endpoint out. */
  readonly operationId?: string;
  readonly summary: string;
  readonly description?: string;
  readonly headers?: z.ZodObject;
  /** The JSON body. Changes check it in the operation, after the permission, so that refusals are recorded. */
  readonly body?: z.ZodType;
  /** Default: none that the OpenAPI document describes. */
  readonly answers?: Answers;
  readonly errors?: readonly DeclaredError[];
}

/** A request to an endpoint. */
export interface Call<Query = unknown> {
  readonly context: ApiContext;
  readonly request: Request;
  readonly response: Response;
  /** The query parameters, checked by the declared schema. */
  readonly query: Query;
}

/** An endpoint for the router and the OpenAPI document. */
export interface Endpoint extends Declaration {
  readonly answers: Answers;
  /** The path below the bases of the group, in Express's syntax. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, z.ZodType>>;
  readonly query: z.ZodObject | undefined;
  readonly handle: (call: Call<never>) => unknown;
}

/** A base path of a group of endpoints. */
interface Base {
  /** The path in Express's syntax; empty for the root. */
  readonly path: string;
  /** The section of the OpenAPI document; undefined if the document lists these endpoints under another base only. */
  readonly tag?: string;
  /** Makes operation ids unique if the document has several bases. */
  readonly suffix?: string;
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
}

/** Endpoints with the same bases. */
export interface EndpointGroup {
  readonly bases: readonly Base[];
  /** Handlers that run before those of each endpoint. */
  readonly before?: readonly RequestHandler[];
  readonly endpoints: readonly Endpoint[];
}

type BodyOf<Declared extends Answers> = {
  [Status in keyof Declared]: Declared[Status] extends { readonly schema: infer Schema extends z.ZodType }
    ? z.input<Schema>
    : never;
}[keyof Declared];

/**
 * Declares an endpoint. Each parameter of the path has a schema.
 *
 * `handle` returns the body of the answer, which is sent as JSON and is not stored by clients unless the handler has set
 * `Cache-Control`, with status 200 unless the handler has set another one. A handler that sends the answer itself returns
 * nothing.
 */
export function endpoint<
  const Path extends string,
  Declared extends Answers = Answers,
  Query extends z.ZodObject = z.ZodObject,
>(
  declared: Declaration & {
    readonly path: Path;
    readonly query?: Query;
    readonly answers?: Declared;
    readonly handle: (call: Call<z.output<Query>>) => Promise<BodyOf<Declared> | void> | BodyOf<Declared> | void;
  } & ([ParameterIn<Path>] extends [never]
      ? { readonly parameters?: undefined }
      : { readonly parameters: Readonly<Record<ParameterIn<Path>, z.ZodType>> }),
): Endpoint {
  const { parameters = {}, answers = {}, query } = declared;
  return { ...declared, parameters, answers, query };
}

/** Whether requests of an endpoint count as changes: for the rate limit, and for web pages of other origins. */
export function isChange({ method }: Pick<Endpoint, 'method'>): boolean {
  return method !== 'get';
}

export function isForWebPages({ access, isForWebPages: isDeclared = access === 'registry' }: Endpoint): boolean {
  return isDeclared;
}
