/** Messages of operators to the actor of a source. */
import { z } from 'zod';
import { requestForce } from '../../../db/configuration/source-requests.ts';
import type { Caller } from '../../access/caller.ts';
import { change } from '../operation.ts';
import { bySourceName, visibleSource } from './requested-source.ts';

/**
 * Starts a sync now and returns its number; with `wait`, waits for its end and returns its report. During a sync, one more
 * follows. A paused source syncs once. `force` overrides the removal guard once, and fetches even if nothing seems new.
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

/** Stops the timer of a source. A running sync is finished. */
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

/** Starts the timer of a source again. A sync that is due runs at once. */
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

/** The name of the caller for the record of a sync. */
function nameOf({ displayName, subject }: Caller): string {
  return displayName ?? subject ?? 'admin';
}
