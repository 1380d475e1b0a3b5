/** The record of who changed what, and of who was refused. */
import { z } from 'zod';
import { listAuditEvents as readEvents } from '../../db/upkeep/audit-events.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES, type AuditEvent } from '../../registry/audit.ts';
import { text } from '../http/text.ts';
import { timestamp } from '../http/timestamp.ts';
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
    /** `unknown`: of changes that are being made, or whose process ended before there was an answer. */
    outcome: z.enum([...AUDIT_OUTCOMES, 'unknown']).optional(),
    /** The name of an entry, a source or a registry; of other requests the method and the path. */
    target: text.optional(),
    /** Not before this time. */
    from: timestamp.optional(),
    /** Before this time. */
    until: timestamp.optional(),
    /** The last event of the page before. */
    before: z.object({ at: timestamp, id: z.guid() }).optional(),
    limit: z.int().min(1).max(1000).default(100),
  }),
  run: async ({ database }, conditions): Promise<readonly AuditEvent[]> => await readEvents(database, conditions),
});
