/** The catalog of the console: registries as their readers see them. Callers without a token read the public ones. */
import { z } from 'zod';
import { listRegistries } from '../../db/configuration/registries.ts';
import { seesRegistry } from '../access/permissions.ts';
import { query } from './operation.ts';

/** The registries that the caller can read, the default one first, then by name. */
export const listReadableRegistries = query({
  role: null,
  needsToken: false,
  input: z.void(),
  run: async ({ database, caller }) =>
    (await listRegistries(database))
      .filter((registry) => seesRegistry(caller, registry))
      .map(({ name, isDefault, access }) => ({ name, isDefault, access }))
      .toSorted((one, other) => Number(other.isDefault) - Number(one.isDefault)),
});
