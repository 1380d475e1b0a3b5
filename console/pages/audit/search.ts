/** The filters of the audit log in the URL. */
import type { server } from '../../client/server.ts';
import { AUDIT_ACTIONS, AUDIT_OUTCOMES, type AuditAction, type AuditOutcome } from '../../../registry/audit.ts';

export const OUTCOMES = [...AUDIT_OUTCOMES, 'unknown'] as const;

export interface AuditSearch {
  readonly subject?: string | undefined;
  readonly action?: AuditAction | undefined;
  readonly outcome?: AuditOutcome | 'unknown' | undefined;
  readonly target?: string | undefined;
  /** Local time, as `<input type="datetime-local">` has it. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

export function auditSearch({ subject, action, outcome, target, from, until }: Record<string, unknown>): AuditSearch {
  const knownAction = AUDIT_ACTIONS.find((candidate) => candidate === action);
  const knownOutcome = OUTCOMES.find((candidate) => candidate === outcome);
  return {
    ...(isText(subject) && { subject }),
    ...(knownAction !== undefined && { action: knownAction }),
    ...(knownOutcome !== undefined && { outcome: knownOutcome }),
    ...(isText(target) && { target }),
    ...(isTime(from) && { from }),
    ...(isTime(until) && { until }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is string {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

type Conditions = Parameters<typeof server.audit.list.query>[0];

/** The same filters for the server. */
export function conditionsOf({ subject, action, outcome, target, from, until }: AuditSearch): Conditions {
  return {
    ...(subject !== undefined && { subject }),
    ...(action !== undefined && { action }),
    ...(outcome !== undefined && { outcome }),
    ...(target !== undefined && { target }),
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
}
