/** The answers of an endpoint in the OpenAPI document, with the errors that follow from its declaration. */
import { z } from 'zod';
import type { ZodOpenApiResponsesObject } from 'zod-openapi';
import 'zod-openapi';
import { type Endpoint, isChange } from '../endpoints/endpoint.ts';

const errorBody = z
  .object({
    error: z.string().meta({ description: 'The problem, and what to do about it.' }),
    faults: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'All faults of the document, with their JSON paths.' }),
  })
  .meta({ id: 'Error' });

const ERRORS = {
  400: "A parameter or the body is invalid, or the request isn't supported.",
  401: 'A required token is missing or invalid. `WWW-Authenticate` says where to get one.',
  403: 'The token lacks the required scope, role, or claim; the configuration file defines the object; or a web page of another site sent the request.',
  404: "The object doesn't exist, or the caller isn't allowed to see it.",
  409: 'The object already exists, has existed before, or is in use.',
  413: 'The body is larger than 1 MiB.',
  415: "The body isn't JSON in UTF-8.",
  422: 'The document breaks the rules for server.json, the idempotency key was already used for a different request, or the registry is too large to export.',
  429: 'Too many changes or invalid tokens within a minute. `Retry-After` says when to retry.',
  501: "There is no managed source, so nothing can be published; or this login method isn't supported.",
  503: 'The database is unavailable or, for a change, Temporal is. `Retry-After` says when to retry.',
} as const;
type ErrorStatus = keyof typeof ERRORS;

export function responsesOf(endpoint: Endpoint): ZodOpenApiResponsesObject {
  const answers = Object.entries(endpoint.answers).map(([status, { description, schema, otherTypes = {} }]) => {
    const types = schema === undefined ? {} : { 'application/json': schema, ...otherTypes };
    const content = Object.entries(types).map(([type, body]) => [type, { schema: body }] as const);
    return [status, { description, ...(content.length > 0 && { content: Object.fromEntries(content) }) }] as const;
  });
  const errors = errorsOf(endpoint).map(
    (status) =>
      [status, { description: ERRORS[status], content: { 'application/json': { schema: errorBody } } }] as const,
  );
  return {
    ...Object.fromEntries(answers),
    ...(endpoint.access === 'registry' && {
      304: { description: 'The response that the client has (`If-None-Match`) is still current.' },
    }),
    ...Object.fromEntries(errors),
  };
}

function errorsOf(endpoint: Endpoint): readonly ErrorStatus[] {
  const { access, query, parameters, body, errors = [] } = endpoint;
  const hasInput = query !== undefined || body !== undefined || Object.keys(parameters).length > 0;
  return [
    ...(hasInput || isChange(endpoint) ? ([400] as const) : []),
    ...(access === 'open' ? [] : ([401, 429, 503] as const)),
    ...(access === 'open' || access === 'registry' ? [] : ([403] as const)),
    ...(body === undefined ? [] : ([413, 415] as const)),
    ...errors,
  ];
}
