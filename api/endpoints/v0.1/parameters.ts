/** Query parameters of reads. The OpenAPI document is generated from the same schemas. */
import { z } from 'zod';
import 'zod-openapi';
import { text, timestamp } from '../../http/values.ts';

export const DEFAULT_LIMIT = 30;
/** A larger `limit` is reduced to this one. */
const MAX_LIMIT = 1000;

/** Forms send an empty value for "no value". */
export const optionalText = text.transform((value) => (value === '' ? undefined : value)).optional();

/** Longer texts cost the database too much. */
const MAX_SEARCH_LENGTH = 500;

export const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((value) => value === 'true')
  .meta({ override: ({ jsonSchema }) => replaceSchema(jsonSchema, { type: 'boolean' }) });

/** @param defaultLimit the number of items on a page if the request has no `limit` */
export const limitParameter = (defaultLimit: number): z.ZodOptional<z.ZodType<number, string>> =>
  z
    .string()
    .refine((value) => /^0*[1-9]\d*$/.test(value), 'must be a whole number of at least 1')
    .transform((value) => Math.min(Number(value), MAX_LIMIT))
    .meta({
      description: `Maximum number of items to return; a larger limit is reduced to ${MAX_LIMIT}. A page of large documents has fewer.`,
      override: ({ jsonSchema }) => replaceSchema(jsonSchema, { type: 'integer', minimum: 1, default: defaultLimit }),
    })
    .optional();

export const searchParameter = text
  .max(MAX_SEARCH_LENGTH, `must have at most ${MAX_SEARCH_LENGTH} characters`)
  .transform((value) => (value === '' ? undefined : value))
  .optional();

export const updatedSinceParameter = timestamp
  .meta({
    description: 'Only entries that changed at this time or later, deleted ones included (RFC 3339).',
    example: '2025-08-07T13:15:04.280Z',
    override: { format: 'date-time' },
  })
  .optional();

export const listParameters = z
  .object({
    cursor: optionalText.meta({
      description:
        'The `metadata.nextCursor` of the previous page, unchanged. It contains the filters of the first page, so they can be left out.',
    }),
    limit: limitParameter(DEFAULT_LIMIT),
    search: searchParameter.meta({
      description: 'Only servers whose name, title, or description contains this text, ignoring case.',
      example: 'filesystem',
    }),
    updated_since: updatedSinceParameter,
    version: optionalText.meta({
      description: '`latest` for the latest version of each server, or an exact version.',
      example: 'latest',
    }),
    include_deleted: flag.optional().meta({
      description: 'Include deleted versions. Implied by `updated_since`.',
    }),
  })
  .refine(({ updated_since, include_deleted }) => updated_since === undefined || include_deleted !== false, {
    path: ['include_deleted'],
    message:
      'must not be false together with "updated_since", which includes deleted servers so that a copy can follow',
  });
export type ListParameters = z.output<typeof listParameters>;

export const readParameters = z.object({
  include_deleted: flag.optional().meta({ description: 'Include deleted versions.' }),
});

/** Describes a value in the OpenAPI document, if the schema that checks it starts from a string. */
function replaceSchema(jsonSchema: object, replacement: object): void {
  for (const member of Object.keys(jsonSchema)) {
    if (member !== 'description') delete (jsonSchema as Record<string, unknown>)[member];
  }
  Object.assign(jsonSchema, replacement);
}
