/** The installation as a whole. */
import { listRegistries } from '../../db/registries.ts';
import { listSources } from '../../db/sources.ts';
import { procedure, router } from './procedure.ts';

export const systemRouter = router({
  /** What runs, where the operator finds the histories, and how much there is. */
  info: procedure.query(async ({ ctx }) => {
    const [sources, registries] = await Promise.all([listSources(ctx.database), listRegistries(ctx.database)]);
    return {
      software: ctx.software,
      temporal: ctx.temporal,
      counts: {
        sources: sources.length,
        registries: registries.length,
        entries: sources.reduce((sum, source) => sum + source.entryCount, 0),
      },
    };
  }),
});
