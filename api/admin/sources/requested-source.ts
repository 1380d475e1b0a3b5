/**
 * Finds the source that a request names, and converts sources of requests and answers, which have the form of a
 * configuration file.
 */
import { z } from 'zod';
import { sourceDefinition } from '../../../config/definition.ts';
import { durationText } from '../../../config/duration.ts';
import { pathText } from '../../../config/schema/messages.ts';
import type { namedSource } from '../../../config/schema/file.ts';
import type { CreatedSource } from '../../../db/configuration/created-sources.ts';
import { findSource, listSources, type SourceRow } from '../../../db/configuration/sources.ts';
import { isManaged } from '../../../registry/source-definition.ts';
import { admissionFaults, kindOf } from '../../../sources/index.ts';
import { requireGrant, sees } from '../../access/permissions.ts';
import { HttpError } from '../../http/error.ts';
import { badInput, type OperationContext } from '../operation.ts';

export const bySourceName = z.object({ name: z.string().min(1).max(63) });

/** The sources that the caller can see, by name. */
export async function visibleSources({ database, caller }: OperationContext): Promise<readonly SourceRow[]> {
  return (await listSources(database)).filter(({ claims }) => sees(caller, claims));
}

/** @throws HttpError 404 for a source that doesn't exist or that the caller can't see. */
export async function visibleSource({ database, caller }: OperationContext, name: string): Promise<SourceRow> {
  const source = await findSource(database, name);
  if (source !== null && sees(caller, source.claims)) return source;
  throw new HttpError(404, `There is no source "${name}"`);
}

/**
 * The definition to store. Relative paths of secret files start at the folder that the configuration names for them.
 *
 * @throws HttpError 400 for settings that sources created at run time aren't allowed to have, 403 for claims that the
 * caller can't assign
 */
export function requestedSource(
  { outbound, caller }: OperationContext,
  written: z.output<typeof namedSource>,
): CreatedSource {
  const { name, claims = null, ...source } = written;
  const surroundings = { folder: outbound.secretsFolder ?? '/', environment: {} };
  const definition = sourceDefinition(name, source, surroundings);
  const faults = admissionFaults(definition.origin, outbound);
  if (faults.length > 0) throw badInput(faults.map(({ path, message }) => ({ path: pathText(path), message })));
  requireGrant(caller, claims);
  return { definition, claims };
}

/** The input of `createSource` and `updateSource` for this source. */
export function writtenSource({
  definition,
  claims,
}: Pick<SourceRow, 'definition' | 'claims'>): Readonly<Record<string, unknown>> {
  const { name, origin, format, filter, syncPolicy } = definition;
  const kind = kindOf(origin);
  const { intervalMs, maxRemoval, deadlineMs } = syncPolicy;
  return {
    name,
    [kind.key]: kind.written(origin),
    ...(format !== undefined && { format }),
    ...(filter !== undefined && { filter }),
    ...(!isManaged(origin) && {
      syncPolicy: {
        ...(intervalMs !== null && { interval: durationText(intervalMs) }),
        maxRemoval,
        deadline: durationText(deadlineMs),
      },
    }),
    ...(claims !== null && { claims }),
  };
}
