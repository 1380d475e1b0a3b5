/** The sender of a request, for the audit trail. */
import type { Request } from 'express';
import type { AuditEvent } from '../../registry/audit.ts';
import { type Caller, callerOf } from '../access/caller.ts';
import { requestIdOf } from '../http/request-id.ts';

export interface Sender {
  readonly identity: Pick<AuditEvent, 'actor' | 'subject' | 'issuer' | 'displayName'>;
  readonly origin: Pick<AuditEvent, 'requestId' | 'sourceAddress' | 'userAgent'>;
  /** Method and path: `POST /v0.1/publish`. Without the query, which can contain anything. */
  readonly request: string;
}

/** @param caller who sent the request, where that is only known after authentication */
export function senderOf(request: Request, caller: Caller = callerOf(request)): Sender {
  const { kind, subject, issuer, displayName } = caller;
  return {
    identity: { actor: kind, subject, issuer, displayName },
    origin: {
      requestId: requestIdOf(request),
      sourceAddress: request.ip ?? null,
      userAgent: request.get('user-agent') ?? null,
    },
    request: `${request.method} ${request.originalUrl.replace(/\?.*$/s, '')}`,
  };
}

/** The sender of events that Rollcall causes itself. */
export const NO_SENDER: Sender['identity'] & Sender['origin'] = {
  actor: 'system',
  subject: null,
  issuer: null,
  displayName: null,
  requestId: null,
  sourceAddress: null,
  userAgent: null,
};
