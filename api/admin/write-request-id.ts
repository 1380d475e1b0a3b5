/** The id of a write to a managed source, in Postgres and in Temporal. */
import { hash } from 'node:crypto';
import { type EntryWrite, isStoredRequest } from '../../db/writes/write-requests.ts';
import type { OperationContext } from './operation.ts';

export interface KeyedWrite {
  readonly sourceName: string;
  /** The `Idempotency-Key` of the caller, or one made for the request. */
  readonly idempotencyKey: string;
  readonly write: EntryWrite;
  readonly requestedBy: string | undefined;
}

/**
 * Derived from the idempotency key and the caller. The same key of another caller is another write, so it neither conflicts
 * nor reveals anything. Callers without authentication can't be told apart and share their keys.
 *
 * Version 0.1 used the key itself. A write that it stored keeps that id if the same caller sends it again.
 */
export async function writeRequestId(
  { database, caller }: OperationContext,
  { sourceName, idempotencyKey, write, requestedBy }: KeyedWrite,
): Promise<string> {
  const former = { sourceName, requestId: idempotencyKey };
  if (await isStoredRequest(database, former, { write, requestedBy })) return idempotencyKey;
  const { issuer, subject, key } = caller;
  return hash('sha256', JSON.stringify([issuer, subject ?? key, idempotencyKey]), 'base64url');
}
