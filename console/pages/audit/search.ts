/** The filters of the audit log in the URL. */
import type { server } from '../../client/server.ts';
import { oneOf, searchOf, text } from '../../client/search.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from '../../../registry/audit.ts';

export const OUTCOMES = [...AUDIT_OUTCOMES, 'unknown'] as const;

export const auditSearch = searchOf({
  subject: text,
  action: oneOf(AUDIT_ACTIONS),
  outcome: oneOf(OUTCOMES),
  target: text,
  from: time,
  until: time,
});
export type AuditSearch = ReturnType<typeof auditSearch>;

/** A local time, in the format of `<input type="datetime-local">`. */
function time(written: unknown): string | undefined {
  return typeof written === 'string' && !Number.isNaN(Date.parse(written)) ? written : undefined;
}

type Conditions = Parameters<typeof server.audit.list.query>[0];

/** Converts the filters to those of the server. */
export function conditionsOf({ from, until, ...others }: AuditSearch): Conditions {
  return {
    ...others,
    from: from && new Date(from).toISOString(),
    until: until && new Date(until).toISOString(),
  };
}
