/** The audit trail: changes and refusals, with their callers. */
import { z } from 'zod';
import { listAuditEvents as readEvents } from '../../db/upkeep/audit-events.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES, type AuditEvent } from '../../registry/audit.ts';
import { text, timestamp } from '../http/values.ts';
import { query } from './operation.ts';

/** Events that meet all of the conditions, newest first. */
export const listAuditEvents = query({
  role: 'superAdmin',
  input: z.object({
    /** The claim `sub` of the token. */
    subject: text.optional(),
    /** The claim `iss` of the token. */
    issuer: text.optional(),
    action: z.enum(AUDIT_ACTIONS).optional(),
    /** `unknown`: changes that are in progress, or whose process ended before the answer. */
    outcome: z.enum([...AUDIT_OUTCOMES, 'unknown']).optional(),
    /** The name of an entry, source, or registry; for other requests the method and path. */
    target: text.optional(),
    /** Only events at this time or later. */
    from: timestamp.optional(),
    /** Only events before this time. */
    until: timestamp.optional(),
    /** The last event of the previous page. */
    before: z.object({ at: timestamp, id: z.guid() }).optional(),
    limit: z.int().min(1).max(1000).default(100),
  }),
  run: async ({ database }, conditions): Promise<readonly AuditEvent[]> => await readEvents(database, conditions),
});
