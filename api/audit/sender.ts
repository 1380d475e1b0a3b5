/** What a request tells of whoever sent it, for the record. */
import type { Request } from 'express';
import type { AuditEvent } from '../../registry/audit.ts';
import { callerOf } from '../access/caller.ts';
import { requestIdOf } from '../http/request-id.ts';

export interface Sender {
  readonly identity: Pick<AuditEvent, 'actor' | 'subject' | 'issuer' | 'displayName'>;
  readonly origin: Pick<AuditEvent, 'requestId' | 'sourceAddress' | 'userAgent'>;
  /** The method and the path, without a query, which may hold anything: `POST /v0.1/publish`. */
  readonly request: string;
}

export function senderOf(request: Request): Sender {
  const { kind, subject, issuer, displayName } = callerOf(request);
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

/** Of events that nobody asked for. */
export const NOBODY: Sender['identity'] & Sender['origin'] = {
  actor: 'system',
  subject: null,
  issuer: null,
  displayName: null,
  requestId: null,
  sourceAddress: null,
  userAgent: null,
};
