/** A source in a request, checked by the rules of the configuration file and the limits of the API. */
import type { z } from 'zod';
import { sourceDefinition } from '../../config/definition.ts';
import { pathText } from '../../config/messages.ts';
import type { namedSource } from '../../config/schema.ts';
import type { CreatedSource } from '../../db/configuration/created-sources.ts';
import { admissionFaults } from '../../sources/index.ts';
import { requireGrant } from '../access/permissions.ts';
import { badInput, type OperationContext } from './operation.ts';

/**
 * The definition to store. Relative paths of secret files start at the folder that the configuration names for them.
 *
 * @throws HttpError 400 for what sources created at run time aren't allowed to do, 403 for claims that the caller can't
 *   assign
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
