/** The header `Idempotency-Key` of writes. */
import type { Request } from 'express';
import { z } from 'zod';
import 'zod-openapi';
import { HttpError } from './error.ts';

/** Visible ASCII: it becomes the id of a Temporal update. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .optional()
  .meta({
    description:
      'Identifies this request. If it is sent again with the same key, it is not carried out again, and the answer reflects the current state.',
  });

/** The headers of writes, for the OpenAPI document. */
export const writeHeaders = z.object({ 'Idempotency-Key': idempotencyKey });

/**
 * The idempotency key of a request; undefined if it has none.
 *
 * @throws HttpError 400 for an invalid key.
 */
export function idempotencyKeyOf(request: Request): string | undefined {
  const result = idempotencyKey.safeParse(request.get('idempotency-key'));
  if (result.success) return result.data;
  throw new HttpError(400, `The header Idempotency-Key ${result.error.issues[0]?.message ?? 'is invalid'}`);
}
