/** Creating, changing, and deleting registries while Rollcall runs. */
import type { z } from 'zod';
import { pathText } from '../../../config/schema/messages.ts';
import { checkRegistrySources, namedRegistry } from '../../../config/schema/file.ts';
import * as stored from '../../../db/configuration/created-registries.ts';
import { findRegistry, type RegistryRow } from '../../../db/configuration/registries.ts';
import type { Fault } from '../../../registry/server-json/check.ts';
import { requireGrant } from '../../access/permissions.ts';
import { HttpError } from '../../http/error.ts';
import { badInput, change, type OperationContext } from '../operation.ts';
import { visibleSources } from '../sources/requested-source.ts';
import { byRegistryName, visibleRegistry } from './reads.ts';

/** Creates a registry that shows these sources, in order of precedence. */
export const createRegistry = change({
  role: 'manageRegistries',
  action: 'registry.create',
  input: namedRegistry,
  run: async (context, written): Promise<RegistryRow> => {
    const requested = await requestedRegistry(context, written);
    if (!(await stored.createRegistry(context.database, requested))) {
      throw new HttpError(409, `Registry "${written.name}" already exists`);
    }
    return await changedRegistry(context, written.name);
  },
});

/** Replaces the sources and claims of a registry. */
export const updateRegistry = change({
  role: 'manageRegistries',
  action: 'registry.update',
  input: namedRegistry,
  run: async (context, written): Promise<RegistryRow> => {
    await changeableRegistry(context, written.name);
    const requested = await requestedRegistry(context, written);
    if (!(await stored.updateRegistry(context.database, requested))) throw gone(written.name);
    return await changedRegistry(context, written.name);
  },
});

/** Deletes a registry. Its sources stay. */
export const deleteRegistry = change({
  role: 'manageRegistries',
  action: 'registry.delete',
  input: byRegistryName,
  run: async (context, { name }): Promise<void> => {
    await changeableRegistry(context, name);
    if (!(await stored.deleteRegistry(context.database, name))) throw gone(name);
    await context.registries.refresh();
  },
});

/** @throws HttpError 404 for a registry that the caller can't see, 403 for one of the configuration file. */
async function changeableRegistry(context: OperationContext, name: string): Promise<void> {
  const { origin, isImplicit } = await visibleRegistry(context, name);
  if (origin === 'api') return;
  throw new HttpError(
    403,
    isImplicit
      ? `Registry "${name}" is the default registry of all sources: to choose what it shows, list it in the configuration file`
      : `Registry "${name}" is defined in the configuration file, and can only be changed there`,
  );
}

/**
 * @throws HttpError 400 for sources that don't exist or that the caller can't see, 403 for access that the caller can't
 *   grant
 */
async function requestedRegistry(
  context: OperationContext,
  { name, sources, access, claims }: z.output<typeof namedRegistry>,
): Promise<stored.CreatedRegistry> {
  const { caller } = context;
  await refuseSources(context, sources);
  if (access === 'protected') requireGrant(caller, claims ?? null);
  else if (!caller.seesEverything) throw new HttpError(403, 'Only a superAdmin can make a registry public');
  return { name, sources, access, claims: claims ?? null };
}

async function refuseSources(context: OperationContext, names: readonly string[]): Promise<void> {
  const visible = (await visibleSources(context)).filter(({ detachedAt }) => detachedAt === null);
  const written = new Map(visible.map(({ name, kind }) => [name, { [kind]: {} }]));
  const faults: Fault[] = [];
  checkRegistrySources(names, written, (path, message) => {
    faults.push({ path: pathText(['sources', ...path]), message });
  });
  if (faults.length > 0) throw badInput(faults);
}

async function changedRegistry({ database, registries }: OperationContext, name: string): Promise<RegistryRow> {
  await registries.refresh();
  const registry = await findRegistry(database, name);
  if (registry === null) throw gone(name);
  return registry;
}

function gone(name: string): HttpError {
  return new HttpError(409, `Registry "${name}" was changed by another request in the meantime`);
}
