/** The source that an operation is about. */
import { z } from 'zod';
import { findSource, type SourceRow } from '../../db/configuration/sources.ts';
import { sees } from '../access/permissions.ts';
import { HttpError } from '../http/error.ts';
import type { OperationContext } from './operation.ts';

export const bySourceName = z.object({ name: z.string().min(1).max(63) });

/** @throws HttpError 404 for a source that doesn't exist or that the caller can't see. */
export async function visibleSource({ database, caller }: OperationContext, name: string): Promise<SourceRow> {
  const source = await findSource(database, name);
  if (source !== null && sees(caller, source.claims)) return source;
  throw new HttpError(404, `There is no source "${name}"`);
}
