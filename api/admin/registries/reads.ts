/** Registries: the views that clients read. */
import { z } from 'zod';
import {
  findRegistry,
  listRegistries as readRegistries,
  type RegistryRow,
} from '../../../db/configuration/registries.ts';
import { seesRegistry } from '../../access/permissions.ts';
import { HttpError } from '../../http/error.ts';
import { type OperationContext, query } from '../operation.ts';

export const byRegistryName = z.object({ name: z.string().min(1).max(128) });

/** A registry without its revision, which also changes with entries that the caller can't see. */
export type RegistryDetails = Omit<RegistryRow, 'revision' | 'revisionToken'>;

export function detailsOf({ revision: _revision, revisionToken: _token, ...details }: RegistryRow): RegistryDetails {
  return details;
}

/** The registries that the caller can see, by name, each with its sources in order of precedence. */
export const listRegistries = query({
  role: null,
  input: z.void(),
  run: async ({ database, caller }) =>
    (await readRegistries(database)).filter((registry) => seesRegistry(caller, registry)).map(detailsOf),
});

export const getRegistry = query({
  role: null,
  input: byRegistryName,
  run: async (context, { name }) => detailsOf(await visibleRegistry(context, name)),
});

/** @throws HttpError 404 for a registry that doesn't exist or that the caller can't see. */
export async function visibleRegistry(
  { database, caller }: Pick<OperationContext, 'database' | 'caller'>,
  name: string,
): Promise<RegistryRow> {
  const registry = await findRegistry(database, name);
  if (registry !== null && seesRegistry(caller, registry)) return registry;
  throw new HttpError(404, `There is no registry "${name}"`);
}
