/** What requests may carry: these schemas check them, and the OpenAPI document is generated from the same. */
import { z } from 'zod';
import 'zod-openapi';
import { ENTRY_STATUSES } from '../registry/entry.ts';
import { readTimestamp } from './timestamp.ts';

export const DEFAULT_LIMIT = 30;
/** A larger `limit` is served as this one. */
const MAX_LIMIT = 1000;

/** Postgres can't store it, so nothing can be found by it. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not contain the character NUL');

/** An empty value is what a form sends for "no value". */
const optionalText = text.transform((value) => (value === '' ? undefined : value)).optional();

const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((value) => value === 'true')
  .meta({ override: ({ jsonSchema }) => replaceSchema(jsonSchema, { type: 'boolean' }) });

const limit = z
  .string()
  .refine((value) => /^0*[1-9]\d*$/.test(value), 'must be a whole number from 1')
  .transform((value) => Math.min(Number(value), MAX_LIMIT))
  .meta({
    description: `Maximum number of items to return; more than ${MAX_LIMIT} is served as ${MAX_LIMIT}. A page of large documents has fewer.`,
    override: ({ jsonSchema }) => replaceSchema(jsonSchema, { type: 'integer', minimum: 1, default: DEFAULT_LIMIT }),
  })
  .optional();

/** As `readTimestamp` gives it. */
export const timestamp = z.string().transform((value, context) => {
  // Clients forget to encode the plus sign of an offset, which then arrives as a space.
  const time = readTimestamp(value.replace(/ (\d{2}:\d{2})$/, '+$1'));
  if (time !== undefined) return time;
  context.addIssue({ code: 'custom', message: 'must be a timestamp as in RFC 3339, like 2025-08-07T13:15:04.280Z' });
  return z.NEVER;
});

export const listParameters = z
  .object({
    cursor: optionalText.meta({
      description:
        'Where the page begins: the `metadata.nextCursor` of the page before, exactly as it came. It carries the filters of the first page, so they need not be repeated.',
    }),
    limit,
    search: optionalText.meta({
      description: 'Only servers whose name, title or description contains this text, in any case.',
      example: 'filesystem',
    }),
    updated_since: timestamp
      .meta({
        description: 'Only entries that changed at this time or later, deleted ones included (RFC 3339).',
        example: '2025-08-07T13:15:04.280Z',
        override: { format: 'date-time' },
      })
      .optional(),
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
    message: 'must not be false beside "updated_since", which includes deleted servers so that a copy can follow',
  });
export type ListParameters = z.output<typeof listParameters>;

export const readParameters = z.object({
  include_deleted: flag.optional().meta({ description: 'Answer with deleted versions too.' }),
});

const registryName = text.meta({ description: 'Name of the registry.', example: 'default' });
const serverName = text.meta({
  description: 'Name of the server. The slash is encoded as `%2F`; a plain slash is understood too.',
  example: 'com.example/weather',
});
const version = text.meta({ description: 'Exact version, URL-encoded (`1.0.0%2Bbuild`).', example: '1.0.0' });

export const pathParameters = {
  registry: registryName,
  server: serverName,
  version,
  versionOrLatest: text.meta({ description: 'Exact version, URL-encoded, or `latest`.', example: 'latest' }),
} as const;

const MAX_STATUS_MESSAGE = 500;

export const statusUpdate = z
  .object({
    status: z.enum(ENTRY_STATUSES, `must be one of ${ENTRY_STATUSES.join(', ')}`).meta({ example: 'deprecated' }),
    statusMessage: text
      .max(MAX_STATUS_MESSAGE, `must not be longer than ${MAX_STATUS_MESSAGE} characters`)
      .optional()
      .meta({ description: 'Why; not for `active`.', example: 'Use 2.0.0 instead' }),
  })
  .refine(({ status, statusMessage }) => status !== 'active' || !statusMessage, {
    path: ['statusMessage'],
    message: 'must not be given with the status active',
  })
  .meta({ id: 'StatusUpdateRequest' });

/** Visible ASCII: it becomes the id of a Temporal update. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .optional()
  .meta({
    description:
      'Names this request: sent again with the same key, it is not carried out again but answered as the first time.',
  });

/** Says in the document what a value looks like in a URL, where the schema that checks it starts from a string. */
function replaceSchema(jsonSchema: object, replacement: object): void {
  for (const member of Object.keys(jsonSchema)) {
    if (member !== 'description') delete (jsonSchema as Record<string, unknown>)[member];
  }
  Object.assign(jsonSchema, replacement);
}
