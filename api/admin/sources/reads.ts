/** Sources and their syncs. */
import { z } from 'zod';
import {
  countEntriesOf,
  listSources as readSources,
  type CountedSource,
  type SourceRow,
} from '../../../db/configuration/sources.ts';
import { listChanges } from '../../../db/syncs/sync-changes.ts';
import { listFindings } from '../../../db/syncs/sync-findings.ts';
import { findSyncRun, listRecentSyncRuns, listSyncRuns } from '../../../db/syncs/sync-runs.ts';
import { TemporalUnavailable } from '../../../temporal/known-errors.ts';
import { isRunning, latenessMs, readSourceStates, type SourceState } from '../../../telemetry/source-states.ts';
import type { SourceDescription } from '../../../workflows/contract/source-actor.ts';
import { sees } from '../../access/permissions.ts';
import type { ApiContext } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { query } from '../operation.ts';
import { bySourceName, visibleSource, writtenSource } from './requested-source.ts';

/** How a source is doing. Times are RFC 3339. */
export interface SourceHealth {
  /** `failing` and `paused` take precedence over `syncing`. */
  readonly phase: SourceState['phase'];
  /** Whether a sync runs. `nextAttempt` is then the time at which it is given up. */
  readonly isSyncing: boolean;
  /** Failed syncs since the last success. */
  readonly failures: number;
  readonly failingSince: string | null;
  readonly lastSuccess: string | null;
  readonly lastAttempt: string | null;
  /** When the next check or sync begins at the latest. Null if only a message starts one, or while paused. */
  readonly nextAttempt: string | null;
  /** Whether the next attempt should have begun more than a minute ago. */
  readonly isOverdue: boolean;
}

const OVERDUE_AFTER_MS = 60_000;

function healthOf(state: SourceState): SourceHealth {
  return {
    phase: state.phase,
    isSyncing: isRunning(state),
    failures: state.failures,
    failingSince: timeText(state.failures > 0 ? state.failingSinceMs : null),
    lastSuccess: timeText(state.lastSuccessAtMs),
    lastAttempt: timeText(state.lastAttemptAtMs),
    nextAttempt: timeText(state.dueAtMs),
    isOverdue: latenessMs(state, Date.now()) > OVERDUE_AFTER_MS,
  };
}

function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/** Leaves out sources that were created after the states were read. */
async function withHealth<Source extends SourceRow>(
  { database }: Pick<ApiContext, 'database'>,
  sources: readonly Source[],
): Promise<(Source & { readonly state: SourceHealth })[]> {
  const states = new Map((await readSourceStates(database)).map((state) => [state.name, healthOf(state)]));
  return sources.flatMap((source) => {
    const state = states.get(source.name);
    return state === undefined ? [] : [{ ...source, state }];
  });
}

/** The sources that the caller can see, ordered by name, with their state and last sync. */
export const listSources = query({
  role: 'manageSources',
  input: z.void(),
  run: async ({ database, caller }) => {
    const sources = (await readSources(database)).filter(({ claims }) => sees(caller, claims));
    return (await withHealth({ database }, await countEntriesOf(database, sources))).map(withoutSyncState);
  },
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
    const counted = await withEntryCount(context, source);
    const [health] = await withHealth(context, [counted]);
    if (health === undefined) throw new HttpError(404, `There is no source "${name}"`);
    return { ...withoutSyncState(health), actor: await describeActor(context, source), written: writtenSource(source) };
  },
});

/** Leaves out what only syncs read: the fetch state and the document's envelope. */
function withoutSyncState<Source extends SourceRow>({
  fetchState: _fetchState,
  envelope: _envelope,
  ...source
}: Source): Omit<Source, 'fetchState' | 'envelope'> {
  return source;
}

const NO_ENTRIES = { server: 0, skill: 0, plugin: 0 };

async function withEntryCount<Source extends SourceRow>(
  { database }: Pick<ApiContext, 'database'>,
  source: Source,
): Promise<CountedSource<Source>> {
  const [counted] = await countEntriesOf(database, [source]);
  const { entryCount = 0, entryCounts = NO_ENTRIES } = counted ?? {};
  return { ...source, entryCount, entryCounts };
}

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
  run: async ({ database, caller }, { limit }) => {
    const sources = (await readSources(database)).filter(({ claims }) => sees(caller, claims));
    return await listRecentSyncRuns(database, { sourceIds: sources.map(({ id }) => id), limit });
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
