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
      'Names this request: sent again with the same key, it is not carried out again but answered as the first time.',
  });

/** The headers of writes, for the OpenAPI document. */
export const writeHeaders = z.object({ 'Idempotency-Key': idempotencyKey });

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
