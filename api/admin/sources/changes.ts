/**
 * Creates, changes, and deletes sources. Those of the configuration file can't be changed here. Also sends operators' messages to
 * actors.
 */
import { z } from 'zod';
import { namedSource } from '../../../config/schema/file.ts';
import * as stored from '../../../db/configuration/created-sources.ts';
import { requestErasure, requestForce } from '../../../db/configuration/source-requests.ts';
import { findSource, type SourceRow } from '../../../db/configuration/sources.ts';
import { RollcallError } from '../../../registry/failure.ts';
import { isManaged } from '../../../registry/source-definition.ts';
import { initialState } from '../../../temporal/initial-state.ts';
import { TemporalUnavailable } from '../../../temporal/known-errors.ts';
import { retireSource } from '../../../temporal/retire-source.ts';
import { HttpError } from '../../http/error.ts';
import { change, type OperationContext } from '../operation.ts';
import type { Changed } from '../outputs.ts';
import { visibleRegistries } from '../registries/reads.ts';
import { bySourceName, requestedSource, visibleSource } from './requested-source.ts';

/** Creates a source and starts its actor, which syncs it at once. */
export const createSource = change({
  role: 'manageSources',
  action: 'source.create',
  input: namedSource,
  run: async (context, written): Promise<SourceRow & Changed> => {
    await stored.createSource(context.database, requestedSource(context, written));
    await context.registries.refresh();
    const source = await existing(context, written.name);
    return { ...source, ...(await tellActor(() => context.actors.ensure(initialState(source)))) };
  },
});

/** Replaces the definition and claims of a source. A different definition starts a sync. */
export const updateSource = change({
  role: 'manageSources',
  action: 'source.update',
  input: namedSource,
  run: async (context, written): Promise<SourceRow & Changed> => {
    const before = await changeableSource(context, written.name);
    const requested = requestedSource(context, written);
    refuseOtherKind(before, requested);
    await stored.updateSource(context.database, requested);
    await context.registries.refresh();
    const source = await existing(context, written.name);
    return { ...source, ...(await tellActor(() => context.actors.configure(requested.definition))) };
  },
});

/**
 * Deletes a source and its entries, including published ones. Also deletes a managed source that was removed from the
 * configuration file, whose entries are kept until then.
 */
export const deleteSource = change({
  role: 'manageSources',
  action: 'source.delete',
  input: bySourceName,
  run: async (context, { name }): Promise<Changed> => {
    const source = await visibleSource(context, name);
    if (source.detachedAt === null) await detach(context, await changeableSource(context, name));
    await requestErasure(context.database, name);
    return await tellActor(() => retireSource(context, { name, entries: 'remove' }));
  },
});

/**
 * Starts a sync now and returns its number; with `wait`, waits for its end and returns its report. During a sync, one more
 * follows. A paused source syncs once. `force` overrides the removal guard once, and fetches even if nothing seems new.
 */
export const syncSource = change({
  role: 'manageSources',
  action: 'source.sync',
  input: bySourceName.extend({
    wait: z.boolean().default(false),
    force: z.boolean().default(false),
    reason: z.string().max(200).optional(),
  }),
  run: async (context, { name, wait, force, reason }) => {
    await visibleSource(context, name);
    const { displayName, subject } = context.caller;
    const requestedBy = displayName ?? subject ?? 'admin';
    // A message alone overrides nothing: everyone with access to Temporal can send one.
    if (force) await requestForce(context.database, name);
    return context.actors.syncNow(name, { wait, force, requestedBy, ...(reason !== undefined && { reason }) });
  },
});

/**
 * Stops the timer of a source. A running sync is finished.
 *
 * @throws RollcallError `SourceManaged` for a managed source, which has no timer
 */
export const pauseSource = change({
  role: 'manageSources',
  action: 'source.pause',
  input: bySourceName,
  run: async (context, { name }) => {
    if (isManaged(await visibleSource(context, name))) {
      throw new RollcallError('SourceManaged', `${name} is a managed source: it isn't synced, so it can't be paused`);
    }
    await context.actors.pause(name);
  },
});

/** Starts the timer of a source again. A sync that is due runs at once. */
export const resumeSource = change({
  role: 'manageSources',
  action: 'source.resume',
  input: bySourceName,
  run: async (context, { name }) => {
    await visibleSource(context, name);
    await context.actors.resume(name);
  },
});

async function detach(context: OperationContext, { name }: SourceRow): Promise<void> {
  const users = await stored.detachSource(context.database, name);
  if (users.length > 0) throw await inUse(context, name, users);
  await context.registries.refresh();
}

async function inUse(context: OperationContext, sourceName: string, users: readonly string[]): Promise<HttpError> {
  const visible = (await visibleRegistries(context)).filter(({ name }) => users.includes(name));
  const names = visible.map(({ name }) => `"${name}"`);
  const others = users.length > visible.length ? ['registries that you cannot see'] : [];
  const which = [...names, ...others].join(', ');
  return new HttpError(409, `Source "${sourceName}" is shown by ${which}: remove it there first`);
}

/** @throws HttpError 404 for a source that the caller can't see, 403 for one of the configuration file. */
async function changeableSource(context: OperationContext, name: string): Promise<SourceRow> {
  const source = await visibleSource(context, name);
  if (source.detachedAt !== null) throw new HttpError(409, `Source "${name}" is being removed`);
  if (source.origin === 'api') return source;
  throw new HttpError(403, `Source "${name}" is defined in the configuration file, and can only be changed there`);
}

function refuseOtherKind({ name, kind }: SourceRow, { definition }: stored.CreatedSource): void {
  if (definition.origin.kind === kind) return;
  throw new HttpError(
    400,
    `Source "${name}" is of the kind ${kind}, which cannot change: create another source, or delete this one first`,
  );
}

async function existing({ database }: OperationContext, name: string): Promise<SourceRow> {
  const source = await findSource(database, name);
  if (source !== null) return source;
  throw new RollcallError('SourceNotFound', `Source "${name}" was removed meanwhile`);
}

/** The row in Postgres is authoritative: if the actor can't be told now, housekeeping tells it later. */
async function tellActor(tell: () => Promise<unknown>): Promise<Changed> {
  try {
    await tell();
    return { isPending: false };
  } catch (error) {
    if (error instanceof TemporalUnavailable) return { isPending: true };
    throw error;
  }
}
