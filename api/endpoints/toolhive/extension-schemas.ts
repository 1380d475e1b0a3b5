/** Response schemas of the extension API. */
import { z } from 'zod';
import 'zod-openapi';

export const syncStatus = z.object({
  phase: z
    .enum(['complete', 'syncing', 'failed'])
    .meta({ description: 'The worst status among the newest syncs of all sources.' }),
  lastSyncTime: z.string().optional().meta({ description: 'When the last successful sync ended.' }),
  lastAttempt: z.string().optional().meta({ description: 'When the newest sync began.' }),
  attemptCount: z.int().meta({ description: 'Syncs that failed since the last success.' }),
  serverCount: z.int().meta({ description: 'Number of versions in its sources, except deleted ones.' }),
  message: z.string().optional().meta({ description: 'The reason why the newest sync failed.' }),
});
export type SyncStatus = z.infer<typeof syncStatus>;

export const registrySummary = z
  .object({
    name: z.string(),
    type: z.string().meta({ description: 'The kind of its source, or `aggregate` if it has several.' }),
    sources: z
      .array(z.object({ name: z.string(), type: z.string(), syncStatus }))
      .meta({ description: 'In order of precedence.' }),
    syncStatus,
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'RegistryStatus' });
export type RegistrySummary = z.infer<typeof registrySummary>;

export const registrySummaries = z.object({ registries: z.array(registrySummary) }).meta({ id: 'RegistryStatuses' });
