/** Registries: the views that clients read. */
import { z } from 'zod';
import { findRegistry, listRegistries } from '../../db/registries.ts';
import { notFound, procedure, router } from './procedure.ts';

export const registriesRouter = router({
  /** All registries with their sources in order of precedence. */
  list: procedure.query(async ({ ctx }) => listRegistries(ctx.database)),

  /** One registry. */
  get: procedure.input(z.object({ name: z.string().min(1) })).query(async ({ ctx, input }) => {
    const registry = await findRegistry(ctx.database, input.name);
    if (registry === null) throw notFound(`There is no registry "${input.name}"`);
    return registry;
  }),
});
