import type { Request } from 'express';
import { HttpError } from './http-error.ts';
import { idempotencyKey } from './request-schemas.ts';

/**
 * What the sender of a request calls it, so that sent again it is not carried out again; undefined where it has no name.
 *
 * @throws HttpError 400 for a header that can't be a key.
 */
export function idempotencyKeyOf(request: Request): string | undefined {
  const result = idempotencyKey.safeParse(request.get('idempotency-key'));
  if (result.success) return result.data;
  throw new HttpError(400, `The header Idempotency-Key ${result.error.issues[0]?.message ?? 'is not understood'}`);
}
