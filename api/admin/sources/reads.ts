/** Sources and their syncs. */
import { z } from 'zod';
import { type CountedSource, countEntriesOf, type SourceRow } from '../../../db/configuration/sources.ts';
import { listChanges } from '../../../db/syncs/sync-changes.ts';
import { listFindings } from '../../../db/syncs/sync-findings.ts';
import { findSyncRun, listRecentSyncRuns, listSyncRuns } from '../../../db/syncs/sync-runs.ts';
import { TemporalUnavailable } from '../../../temporal/known-errors.ts';
import { isRunning, latenessMs, readSourceStates, type SourceState } from '../../../telemetry/source-states.ts';
import type { SourceDescription } from '../../../workflows/contract/source-actor.ts';
import type { ApiContext } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { query } from '../operation.ts';
import { type SourceHealth, timeText } from '../outputs.ts';
import { bySourceName, visibleSource, visibleSources, writtenSource } from './requested-source.ts';

const OVERDUE_AFTER_MS = 60_000;

function healthOf(state: SourceState): SourceHealth {
  return {
    phase: state.phase,
    isSyncing: isRunning(state),
    failures: state.failures,
    failingSince: timeText(state.failures > 0 ? state.failingSinceMs : null),
    failure: failureOf(state),
    lastSuccess: timeText(state.lastSuccessAtMs),
    lastAttempt: timeText(state.lastAttemptAtMs),
    nextAttempt: timeText(state.dueAtMs),
    isOverdue: latenessMs(state, Date.now()) > OVERDUE_AFTER_MS,
  };
}

function failureOf({ failureType: type, failureMessage: message, failureAtMs }: SourceState): SourceHealth['failure'] {
  const at = timeText(failureAtMs);
  return type === null || at === null ? null : { type, message: message ?? '', at };
}

/** The sources with the number of their entries and their state. Leaves out sources that were created meanwhile. */
async function described(
  { database }: ApiContext,
  sources: readonly SourceRow[],
): Promise<(CountedSource & { readonly state: SourceHealth })[]> {
  const counted = await countEntriesOf(database, sources);
  const states = new Map((await readSourceStates(database)).map((state) => [state.name, healthOf(state)]));
  return counted.flatMap((source) => {
    const state = states.get(source.name);
    return state === undefined ? [] : [{ ...source, state }];
  });
}

/** The sources that the caller can see, ordered by name, with their state and last sync. */
export const listSources = query({
  role: 'manageSources',
  input: z.void(),
  run: async (context) => await described(context, await visibleSources(context)),
});

/**
 * One source, and the state of its actor: phase, next sync, recent syncs. `actor` is null while Temporal is unavailable.
 * `written` is the source as a configuration file would have it, and as `updateSource` takes it.
 */
export const getSource = query({
  role: 'manageSources',
  input: bySourceName,
  run: async (context, { name }) => {
    const source = await visibleSource(context, name);
    const [found] = await described(context, [source]);
    if (found === undefined) throw new HttpError(404, `There is no source "${name}"`);
    return { ...found, actor: await describeActor(context, source), written: writtenSource(source) };
  },
});

async function describeActor({ actors }: ApiContext, { name }: SourceRow): Promise<SourceDescription | null> {
  try {
    return await actors.describe(name);
  } catch (error) {
    if (error instanceof TemporalUnavailable) return null;
    throw error;
  }
}

/** The syncs of a source, newest first. `before` is the number of the last one of the page before. */
export const listRuns = query({
  role: 'manageSources',
  input: bySourceName.extend({ limit: z.int().min(1).max(100).default(20), before: z.int().min(1).optional() }),
  run: async (context, { name, limit, before }) => {
    const source = await visibleSource(context, name);
    return listSyncRuns(context.database, { sourceName: source.name, limit, before });
  },
});

/** The newest syncs that changed something or failed, of all sources that the caller can see. */
export const listRecentRuns = query({
  role: 'manageSources',
  input: z.object({ limit: z.int().min(1).max(100).default(20) }),
  run: async (context, { limit }) => {
    const sources = await visibleSources(context);
    return await listRecentSyncRuns(context.database, { sourceIds: sources.map(({ id }) => id), limit });
  },
});

/**
 * One sync, with the entries that it rejected (first) or warned about, and those that it added, changed, and removed.
 * `limit` and `offset` apply to each kind of change and to each severity. The counts of the sync include those that aren't stored.
 */
export const getRun = query({
  role: 'manageSources',
  input: bySourceName.extend({
    number: z.int().min(1),
    limit: z.int().min(1).max(1000).default(100),
    offset: z.int().min(0).default(0),
  }),
  run: async (context, { name, number, limit, offset }) => {
    const source = await visibleSource(context, name);
    const run = await findSyncRun(context.database, { sourceName: source.name, number });
    if (run === null) throw new HttpError(404, `Source "${name}" has no sync ${number}`);
    const page = { syncRunId: run.id, limit, offset };
    const findings = await listFindings(context.database, page);
    return { ...run, findings, changes: await listChanges(context.database, page) };
  },
});
