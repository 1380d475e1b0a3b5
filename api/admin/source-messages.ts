/** What an operator says to a source's actor. */
import { z } from 'zod';
import { requestForce } from '../../db/configuration/source-requests.ts';
import type { Caller } from '../access/caller.ts';
import { change } from './operation.ts';
import { bySourceName, visibleSource } from './visible-source.ts';

/**
 * Starts a sync now and answers with its number; with `wait` once it has ended, with its report. During a sync one
 * more follows it; a paused source syncs once. `force` overrides the removal guard this once, and fetches even
 * where nothing seems new.
 */
export const syncSource = change({
  role: 'manageSources',
  action: 'source.sync',
  target: ({ name }) => ({ name }),
  input: bySourceName.extend({
    wait: z.boolean().default(false),
    force: z.boolean().default(false),
    reason: z.string().max(200).optional(),
  }),
  run: async (context, { name, wait, force, reason }) => {
    await visibleSource(context, name);
    const requestedBy = nameOf(context.caller);
    // A message alone overrides nothing: everyone with access to Temporal can send one.
    if (force) await requestForce(context.database, name);
    return context.actors.syncNow(name, { wait, force, requestedBy, ...(reason !== undefined && { reason }) });
  },
});

/** Stops the timer of a source; a sync that runs is finished. */
export const pauseSource = change({
  role: 'manageSources',
  action: 'source.pause',
  target: ({ name }) => ({ name }),
  input: bySourceName,
  run: async (context, { name }) => {
    await visibleSource(context, name);
    await context.actors.pause(name);
  },
});

/** Starts the timer of a source again; what is due runs at once. */
export const resumeSource = change({
  role: 'manageSources',
  action: 'source.resume',
  target: ({ name }) => ({ name }),
  input: bySourceName,
  run: async (context, { name }) => {
    await visibleSource(context, name);
    await context.actors.resume(name);
  },
});

/** As the record of a sync tells it. */
function nameOf({ displayName, subject }: Caller): string {
  return displayName ?? subject ?? 'admin';
}
