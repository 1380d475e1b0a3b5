/** A source's actor: its state, and every way in which the state changes. */
import { type Context, context } from '@opentelemetry/api';
import type { TemporalFailure } from '@temporalio/common';
import { CancellationScope, patched, setCurrentDetails } from '@temporalio/workflow';
import type { SourceDescription, SourcePhase, SourceState, SyncRequest } from '../contract/source-actor.ts';
import type { SourceReference, SyncReport, SyncTrigger } from '../contract/syncs.ts';
import { renderDetails } from './details.ts';
import { isCarried } from './earlier-versions.ts';
import { planNextCycle, timeUntilCycle, triggerOf } from './next-sync.ts';
import { mergeRequests, type PendingSync } from './sync-request.ts';
import { listSource, noteDefinition, noteState } from './visibility.ts';
import { isManaged } from '../../registry/source-definition.ts';

const REMEMBERED_SYNCS = 10;

export interface Retirement {
  readonly entries: 'remove' | 'detach';
  /** Set when the actor is to end. */
  result?: 'done' | TemporalFailure;
}

export class SourceActor {
  #state: SourceState;
  #activity: 'waiting' | 'checking' | 'syncing' = 'waiting';
  /** The running work. A retirement cancels it, and so does a message during a check. */
  #running: CancellationScope | undefined;
  #watching: CancellationScope | undefined;
  #requestedIn: Context | undefined;
  #newsFromWatch = false;
  #retirement: Retirement | undefined;

  constructor(state: SourceState) {
    this.#state = state;
  }

  get state(): SourceState {
    return this.#state;
  }

  get name(): string {
    return this.#state.source.name;
  }

  get isManaged(): boolean {
    return isManaged(this.#state.source);
  }

  get retirement(): Retirement | undefined {
    return this.#retirement;
  }

  /** The trace of the message that asked for the pending sync. */
  get requestedIn(): Context | undefined {
    return this.#requestedIn;
  }

  get phase(): SourcePhase {
    if (this.#retirement !== undefined) return 'retiring';
    if (this.#activity !== 'waiting') return this.#activity;
    if (this.#state.paused) return 'paused';
    return this.#state.consecutiveFailures > 0 ? 'failing' : 'idle';
  }

  /** Updates the details in the Web UI from the state. */
  show(): void {
    listSource(this.#state, this.phase);
    setCurrentDetails(renderDetails(this.#state, this.phase));
  }

  describe(): SourceDescription {
    const { source, paused, nextCycleAtMs, lastCheckedAt, lastSuccessAt, ...state } = this.#state;
    return {
      name: source.name,
      kind: source.kind,
      phase: this.phase,
      paused,
      ...(!paused && nextCycleAtMs !== undefined && { nextCycleAt: new Date(nextCycleAtMs).toISOString() }),
      ...(lastCheckedAt !== undefined && { lastCheckedAt }),
      ...(lastSuccessAt !== undefined && { lastSuccessAt }),
      consecutiveFailures: state.consecutiveFailures,
      cycle: state.cycle,
      recentSyncs: state.recentSyncs,
    };
  }

  /** Requests a sync; returns the number that it will have. */
  request(request: SyncRequest, trigger: SyncTrigger = 'message'): number {
    if (trigger === 'message') this.#requestedIn ??= context.active();
    this.#change({ pending: mergeRequests(this.#state.pending, request, trigger) });
    // The answer of the check no longer matters.
    if (this.#activity === 'checking') this.#running?.cancel();
    return this.#state.nextSyncNumber;
  }

  /** Takes over the source's definition; returns whether it is a different one. */
  configure(source: SourceReference): boolean {
    const before = this.#state.source;
    if (before.fingerprint === source.fingerprint) return false;
    this.#change({ source });
    noteDefinition(source.fingerprint);
    noteState(this.#state);
    this.#watching?.cancel();
    if (this.isManaged) this.#forgetPlans();
    // The two can't be compared, but a check can tell whether this definition was the last one synced.
    else if (isCarried(before) && !isCarried(source)) this.#change({ nextCycleAtMs: Date.now() });
    else this.request({}, 'definition');
    return true;
  }

  setPaused(paused: boolean): void {
    this.#change({ paused });
    noteState(this.#state);
  }

  /** Cancels running work; the loop does the rest. A second retirement joins the first. */
  retire(entries: Retirement['entries']): Retirement {
    this.#retirement ??= { entries };
    this.#running?.cancel();
    this.#watching?.cancel();
    this.show();
    return this.#retirement;
  }

  reportOf(number: number): SyncReport | undefined {
    return this.#state.recentSyncs.find((report) => report.number === number);
  }

  newsFromWatch(): void {
    this.#newsFromWatch = true;
  }

  /** Runs a watch that a new definition or a retirement cancels. */
  async watch(run: () => Promise<void>): Promise<void> {
    this.#watching = new CancellationScope();
    await this.#watching.run(run).finally(() => (this.#watching = undefined));
  }

  isDue(nowMs: number): boolean {
    const byWatch = this.#newsFromWatch && !this.#state.paused;
    return this.#state.pending !== undefined || byWatch || timeUntilCycle(this.#state, nowMs) === 0;
  }

  /** Begins a cycle and consumes the request that starts it. */
  beginCycle(nowMs: number): SyncTrigger {
    const trigger = triggerOf(this.#state, { fromWatch: this.#newsFromWatch, nowMs });
    this.#newsFromWatch = false;
    return trigger;
  }

  takePending(): PendingSync | undefined {
    this.#requestedIn = undefined;
    const { pending, ...rest } = this.#state;
    this.#state = rest;
    return pending;
  }

  takeSyncNumber(): number {
    const number = this.#state.nextSyncNumber;
    this.#change({ nextSyncNumber: number + 1 });
    return number;
  }

  /** Does work that a retirement cancels. */
  async during<Result>(activity: 'checking' | 'syncing', run: () => Promise<Result>): Promise<Result> {
    this.#activity = activity;
    this.show();
    this.#running = new CancellationScope();
    try {
      return await this.#running.run(run);
    } finally {
      this.#running = undefined;
      this.#activity = 'waiting';
    }
  }

  noteChecked(at: string): void {
    this.#change({ lastCheckedAt: at });
  }

  /** The upstream has nothing new, so earlier failures are over. */
  endCycleWithNothingNew(): void {
    this.#endCycle({ consecutiveFailures: 0 });
  }

  endCycleWithSync(
    report: SyncReport,
    sync: { readonly full: boolean; readonly retryAfterMs: number | undefined },
  ): void {
    noteState(this.#state);
    const plannedAtMs = this.#planKeptAfter(report);
    const recentSyncs = [report, ...this.#state.recentSyncs].slice(0, REMEMBERED_SYNCS);
    switch (report.outcome) {
      case 'changed':
      case 'unchanged':
        return this.#endCycle(
          {
            recentSyncs,
            consecutiveFailures: 0,
            lastSuccessAt: report.endedAt,
            ...(sync.full && { lastFullSyncAt: report.startedAt }),
          },
          { plannedAtMs },
        );
      case 'failed':
        return this.#endCycle(
          { recentSyncs, consecutiveFailures: this.#state.consecutiveFailures + 1 },
          { retryAfterMs: sync.retryAfterMs },
        );
      case 'cancelled':
        return this.#endCycle({ recentSyncs });
    }
  }

  /** A sync that a message asked for doesn't move the schedule, unless that was waiting after a failure. */
  #planKeptAfter({ trigger }: SyncReport): number | undefined {
    const { nextCycleAtMs, consecutiveFailures } = this.#state;
    const isKept = trigger === 'message' && consecutiveFailures === 0 && (nextCycleAtMs ?? 0) > Date.now();
    return isKept && patched('message-keeps-schedule') ? nextCycleAtMs : undefined;
  }

  #endCycle(
    change: Partial<SourceState>,
    plan: { readonly retryAfterMs?: number | undefined; readonly plannedAtMs?: number | undefined } = {},
  ): void {
    const { nextCycleAtMs: _, ...state } = { ...this.#state, ...change, cycle: this.#state.cycle + 1 };
    const nextCycleAtMs = planNextCycle({
      intervalMs: state.source.policy.intervalMs,
      consecutiveFailures: state.consecutiveFailures,
      ...plan,
      nowMs: Date.now(),
      random: Math.random(),
    });
    this.#state = nextCycleAtMs === undefined ? state : { ...state, nextCycleAtMs };
    this.show();
  }

  #forgetPlans(): void {
    const { pending: _pending, nextCycleAtMs: _nextCycleAtMs, ...rest } = this.#state;
    this.#state = rest;
    this.show();
  }

  #change(change: Partial<SourceState>): void {
    this.#state = { ...this.#state, ...change };
    this.show();
  }
}
