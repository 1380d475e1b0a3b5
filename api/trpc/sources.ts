/** Sources: what they are, how their syncs went, and the messages that an operator sends them. */
import { z } from 'zod';
import { findSource, listSources, type SourceRow } from '../../db/sources.ts';
import { findSyncRun, listFindings, listSyncRuns } from '../../db/sync-runs.ts';
import { TemporalUnavailable } from '../../temporal/known-errors.ts';
import type { SourceDescription } from '../../workflows/contract.ts';
import type { ApiContext } from '../context.ts';
import { notFound, procedure, router } from './procedure.ts';

const sourceName = z.string().min(1).max(63);
const byName = z.object({ name: sourceName });

export const sourcesRouter = router({
  /** All sources with the record of their last sync, in the order of their names. */
  list: procedure.query(async ({ ctx }) => listSources(ctx.database)),

  /** One source, and what its actor says: phase, next sync, recent syncs. `actor` is null while Temporal is away. */
  get: procedure.input(byName).query(async ({ ctx, input }) => {
    const source = await existingSource(ctx, input.name);
    return { ...source, actor: await describeActor(ctx, source) };
  }),

  /**
   * Starts a sync now and answers with its number; with `wait` once it has ended, with its report. During a sync one
   * more follows it; a paused source syncs once. `force` overrides the removal guard this once, and fetches even
   * where nothing seems new.
   */
  sync: procedure
    .input(
      byName.extend({
        wait: z.boolean().default(false),
        force: z.boolean().default(false),
        reason: z.string().max(200).optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      await existingSource(ctx, input.name);
      const { name, wait, force, reason } = input;
      return ctx.actors.syncNow(name, { wait, force, requestedBy: 'admin', ...(reason !== undefined && { reason }) });
    }),

  /** Stops the timer of a source; a sync that runs is finished. */
  pause: procedure.input(byName).mutation(async ({ ctx, input }) => {
    await existingSource(ctx, input.name);
    await ctx.actors.pause(input.name);
  }),

  /** Starts the timer of a source again; what is due runs at once. */
  resume: procedure.input(byName).mutation(async ({ ctx, input }) => {
    await existingSource(ctx, input.name);
    await ctx.actors.resume(input.name);
  }),

  /** The syncs of a source, newest first. `before` is the number of the last one of the page before. */
  runs: procedure
    .input(byName.extend({ limit: z.int().min(1).max(100).default(20), before: z.int().min(1).optional() }))
    .query(async ({ ctx, input }) => {
      const source = await existingSource(ctx, input.name);
      return listSyncRuns(ctx.database, { sourceName: source.name, limit: input.limit, before: input.before });
    }),

  /** One sync with what it said about single entries: rejections first, then warnings, a page of at most 1,000. */
  run: procedure
    .input(
      byName.extend({
        number: z.int().min(1),
        limit: z.int().min(1).max(1000).default(100),
        offset: z.int().min(0).default(0),
      }),
    )
    .query(async ({ ctx, input }) => {
      const run = await findSyncRun(ctx.database, { sourceName: input.name, number: input.number });
      if (run === null) throw notFound(`Source "${input.name}" has no sync ${input.number}`);
      const { limit, offset } = input;
      return { ...run, findings: await listFindings(ctx.database, { syncRunId: run.id, limit, offset }) };
    }),
});

async function existingSource(ctx: ApiContext, name: string): Promise<SourceRow> {
  const source = await findSource(ctx.database, name);
  if (source === null) throw notFound(`There is no source "${name}"`);
  return source;
}

async function describeActor(ctx: ApiContext, source: SourceRow): Promise<SourceDescription | null> {
  try {
    return await ctx.actors.describe(source.name);
  } catch (error) {
    if (error instanceof TemporalUnavailable) return null;
    throw error;
  }
}
