/** Response schemas for the OpenAPI document and for tests. Documents of sources are served unchanged. */
import { z } from 'zod';
import 'zod-openapi';
import { SERVER_STATUSES } from '../../../registry/entry.ts';
import { OFFICIAL, PROVENANCE } from '../../../registry/server-json/extension.ts';
import { sourceKindNames } from '../../../sources/index.ts';

const timestamp = z.iso.datetime({ offset: true });

/** The state of an entry in the registry. */
// oxlint-disable-next-line explicit-module-boundary-types -- Only zod can spell the type.
export const entryState = <const Statuses extends readonly string[]>(statuses: Statuses) =>
  z.object({
    status: z.enum(statuses),
    statusMessage: z.string().optional(),
    statusChangedAt: timestamp,
    publishedAt: timestamp,
    updatedAt: timestamp,
    isLatest: z.boolean(),
  });

export const listMetadata = z.object({
  count: z.int().min(0).meta({ description: 'Number of items on this page.' }),
  nextCursor: z.string().optional().meta({ description: 'Cursor of the next page; absent on the last.' }),
});

export const serverDocument = z
  .looseObject({
    name: z.string().meta({ example: 'com.example/weather' }),
    description: z.string().meta({ example: 'Weather forecasts' }),
    version: z.string().meta({ example: '1.0.0' }),
  })
  .meta({ id: 'ServedServerJson', description: 'A server.json, unchanged from its source.' });

export const entryProvenance = z
  .object({ source: z.string(), kind: z.enum(sourceKindNames()), commit: z.string().optional() })
  .meta({ description: 'The source of the entry.' });

export const serverResponse = z
  .object({
    server: serverDocument,
    _meta: z.looseObject({
      [OFFICIAL]: entryState(SERVER_STATUSES),
      [PROVENANCE]: entryProvenance,
    }),
  })
  .meta({ id: 'ServerResponse' });

export const serverList = z
  .object({ servers: z.array(serverResponse), metadata: listMetadata })
  .meta({ id: 'ServerList' });

export const allVersionsStatus = z
  .object({
    updatedCount: z.int().min(0).meta({ description: 'Number of versions that changed.' }),
    servers: z.array(serverResponse),
  })
  .meta({ id: 'AllVersionsStatusResponse' });

export const validationResult = z
  .object({
    valid: z.boolean(),
    issues: z.array(
      z.object({
        type: z.enum(['json', 'schema', 'semantic', 'linter']),
        path: z.string(),
        message: z.string(),
        severity: z.enum(['error', 'warning', 'info']),
        reference: z.string(),
      }),
    ),
  })
  .meta({ id: 'ValidationResult' });

export const publisherToken = z
  .object({
    registry_token: z.string(),
    expires_at: z.int().meta({ description: 'Seconds since the epoch.' }),
  })
  .meta({ id: 'PublisherToken' });

export const serviceHealth = z.object({ status: z.literal('ok') }).meta({ id: 'ServiceHealth' });
export const pong = z.object({ pong: z.literal(true) }).meta({ id: 'Pong' });
export const serviceVersion = z
  .object({ version: z.string(), git_commit: z.string(), build_time: z.string() })
  .meta({ id: 'ServiceVersion' });
