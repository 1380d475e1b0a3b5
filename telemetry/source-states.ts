/** The state of each source, from Postgres alone. Needs neither Temporal nor a worker. */
import type { Database } from '../db/connection/database.ts';
import { listSourceStates, type SourceStateRow } from '../db/syncs/source-states.ts';
import { isManaged } from '../registry/source-definition.ts';
import { planNextCycle } from '../workflows/source/next-sync.ts';

/**
 * `failing` and `paused` take precedence over `syncing`. A running check isn't recorded, so a source counts as `idle`
 * during it.
 */
type StatePhase = 'idle' | 'syncing' | 'failing' | 'paused' | 'retiring';

export interface SourceState extends SourceStateRow {
  readonly phase: StatePhase;
  /** The last check that found nothing new, or the start of the last sync, whichever is later. */
  readonly lastAttemptAtMs: number | null;
  /** The last check that found nothing new, or the end of the last successful sync, whichever is later. */
  readonly lastSuccessAtMs: number | null;
  /**
   * The latest time at which the next cycle begins. Null if only a message starts one, or while the source is paused.
   */
  readonly dueAtMs: number | null;
}

/** Returns the states of all sources by name. */
export async function readSourceStates(database: Database): Promise<readonly SourceState[]> {
  const rows = await listSourceStates(database);
  return rows.map((row) => ({
    ...row,
    phase: phaseOf(row),
    lastAttemptAtMs: latest(row.nothingNewAtMs, row.startedAtMs),
    lastSuccessAtMs: latest(row.nothingNewAtMs, row.successAtMs),
    dueAtMs: dueAt(row),
  }));
}

/** Milliseconds since the next cycle was due. 0 if it isn't overdue. */
export function latenessMs({ dueAtMs }: Pick<SourceState, 'dueAtMs'>, nowMs: number): number {
  return dueAtMs === null ? 0 : Math.max(0, nowMs - dueAtMs);
}

function phaseOf(row: SourceStateRow): StatePhase {
  if (row.detached) return 'retiring';
  if (row.paused) return 'paused';
  if (row.failures > 0) return 'failing';
  return isRunning(row) ? 'syncing' : 'idle';
}

/** Whether a sync is running. A sync that is older than a successful check was abandoned. */
export function isRunning({ startedAtMs, endedAtMs, nothingNewAtMs }: SourceStateRow): boolean {
  return startedAtMs !== null && endedAtMs === null && startedAtMs > (nothingNewAtMs ?? 0);
}

function dueAt(row: SourceStateRow): number | null {
  const { intervalMs, startedAtMs, endedAtMs, nothingNewAtMs } = row;
  if (row.paused || row.detached || intervalMs === null || isManaged(row)) return null;
  if (isRunning(row)) return (startedAtMs ?? 0) + Math.max(intervalMs, row.deadlineMs ?? 0);
  const lastEndMs = latest(nothingNewAtMs, endedAtMs);
  if (lastEndMs === null) return row.createdAtMs;
  // The latest time that the actor can choose, because its random number isn't known here.
  const planned = planNextCycle({ intervalMs, consecutiveFailures: row.failures, nowMs: lastEndMs, random: 1 });
  return latest(planned ?? null, row.retryAfterMs);
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
