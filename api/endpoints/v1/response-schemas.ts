/** The answers of `/v1`: the shapes of ToolHive Registry Server's admin API. */
import { z } from 'zod';
import 'zod-openapi';
import type { Claims } from '../../../registry/claims.ts';
import { ROLES } from '../../../registry/roles.ts';
import { sourceKindNames } from '../../../sources/index.ts';
import { syncStatus } from '../toolhive/extension-schemas.ts';

const creationType = z.enum(['API', 'CONFIG']).meta({
  description:
    'Whether it was created through the API or is defined in the configuration file. Only the file can change the latter.',
});
const claims: z.ZodType<Claims> = z
  .record(z.string(), z.union([z.string(), z.array(z.string())]))
  .meta({ id: 'Claims', description: 'Maps each claim to a value, or to a list of values.' });

/** Scripts send an empty object or null for no claims. */
export const possiblyNoClaims = claims.nullable().optional();

export const sourceInfo = z
  .object({
    name: z.string(),
    type: z.enum(sourceKindNames()),
    sourceType: z.enum(sourceKindNames()).meta({ description: 'The same as `type`.' }),
    creationType,
    sourceConfig: z
      .looseObject({})
      .meta({ description: 'Settings of the source, as written below its kind in the configuration file.' }),
    filterConfig: z
      .looseObject({})
      .optional()
      .meta({ description: 'The filter, as written in the configuration file.' }),
    syncSchedule: z.string().optional().meta({ description: 'Time between syncs.', example: '30m0s' }),
    claims: claims.optional(),
    syncStatus: syncStatus
      .extend({ skillCount: z.int(), pluginCount: z.int() })
      .optional()
      .meta({ description: 'Absent in the answer to a change.' }),
    notice: z
      .string()
      .optional()
      .meta({ description: 'Present if the change takes effect later, because Temporal is unavailable.' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'SourceInfo' });
export type SourceInfo = z.infer<typeof sourceInfo>;

export const sourceInfos = z.object({ sources: z.array(sourceInfo) }).meta({ id: 'SourceInfos' });

export const registryInfo = z
  .object({
    name: z.string(),
    creationType,
    sources: z.array(z.string()).meta({ description: 'In order of precedence.' }),
    access: z.enum(['protected', 'public']).meta({ description: 'Whether it can be read without a token.' }),
    claims: claims.optional(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'RegistryInfo' });
export type RegistryInfo = z.infer<typeof registryInfo>;

export const registryInfos = z.object({ registries: z.array(registryInfo) }).meta({ id: 'RegistryInfos' });

/** The names of the kinds in lists of entries. */
export const ENTRY_TYPES = { server: 'MCP', skill: 'SKILL', plugin: 'PLUGIN' } as const;
const entryType = z.enum(['MCP', 'SKILL', 'PLUGIN']);
const entryVersion = z.object({
  version: z.string(),
  title: z.string().optional(),
  description: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const sourceEntry = z
  .object({ entryType, name: z.string(), claims: claims.optional(), versions: z.array(entryVersion) })
  .meta({ id: 'SourceEntryInfo' });
export type SourceEntryInfo = z.infer<typeof sourceEntry>;
export const sourceEntries = z.object({ entries: z.array(sourceEntry) }).meta({ id: 'SourceEntryInfos' });

const registryEntry = entryVersion
  .extend({
    entryType,
    name: z.string(),
    sourceName: z.string(),
    position: z.int().meta({ description: 'Position of the source in the registry, starting at 0.' }),
  })
  .meta({ id: 'RegistryEntryInfo' });
export type RegistryEntryInfo = z.infer<typeof registryEntry>;
export const registryEntries = z.object({ entries: z.array(registryEntry) }).meta({ id: 'RegistryEntryInfos' });

export const callerInfo = z
  .object({
    subject: z.string().meta({ description: '`anonymous` if authentication is off.' }),
    roles: z.array(z.enum(ROLES)),
  })
  .meta({ id: 'UserInfo' });

export const entryClaimsInfo = z.object({ claims }).meta({ id: 'EntryClaims' });

/** Answer to a change of a status. */
export const changedVersions = z
  .object({
    updatedCount: z.int().min(0).meta({ description: 'Number of versions that changed.' }),
    versions: z.array(z.string()).meta({ description: 'The versions that changed.' }),
  })
  .meta({ id: 'ChangedVersions' });
