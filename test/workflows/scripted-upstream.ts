/** The activities, scripted per source, as each test needs them. */
import { Context } from '@temporalio/activity';
import { failingClearly } from '../../activities/failures.ts';
import type {
  Activities,
  CheckResult,
  FetchInput,
  FetchSnapshotResult,
  RecordFailureInput,
  WatchActivities,
} from '../../workflows/contract/activities.ts';
import type { SyncResult } from '../../workflows/contract/syncs.ts';

/** Each answers one activity of one source; an error becomes a failure of the activity. */
export interface Script {
  check?: () => CheckResult['news'] | Promise<CheckResult['news']>;
  fetch?: (input: FetchInput, attempt: number) => void | Promise<void>;
  apply?: () => SyncResult['outcome'] | Promise<SyncResult['outcome']>;
  write?: (requestId: string, attempt: number) => number;
  watch?: () => Promise<void>;
  recordPause?: () => void | Promise<void>;
  recordFailure?: (attempt: number) => void;
  /** Reads packages; absent if the entries of the source have none. */
  readPackages?: () => void | Promise<void>;
}

const REJECTED = { entry: 'com.example/bad', location: 'line 3, column 5', reason: 'version is missing' };
const COUNTS = { entries: 3, added: 2, changed: 1, removed: 0, rejected: 0, warnings: 0 };

export class ScriptedUpstream {
  readonly #scripts = new Map<string, Script>();
  readonly #calls = new Map<string, string[]>();
  readonly syncs: FetchInput[] = [];
  readonly recordedFailures: RecordFailureInput[] = [];

  /** @returns a growing list of the calls for the source, in order */
  play(sourceName: string, script: Script): readonly string[] {
    this.#scripts.set(sourceName, script);
    const calls: string[] = [];
    this.#calls.set(sourceName, calls);
    return calls;
  }

  readonly activities: Activities & WatchActivities = {
    check: ({ sourceName }) =>
      this.#answer(sourceName, 'check', async ({ check }) => ({ news: (await check?.()) ?? 'nothing' })),
    fetchSnapshot: (input) =>
      this.#answer(input.sourceName, 'fetch', async ({ fetch }) => {
        const { attempt } = Context.current().info;
        if (attempt === 1) this.syncs.push(input);
        await fetch?.(input, attempt);
        return fetchedSnapshot();
      }),
    applySnapshot: ({ sourceName }) =>
      this.#answer(sourceName, 'apply', async ({ apply, readPackages }) => ({
        outcome: (await apply?.()) ?? 'changed',
        counts: COUNTS,
        upstreamRevision: 'b8f2c1d0e9',
        ...(readPackages !== undefined && { packages: true }),
        listing: { added: ['com.example/new 1.0.0'], changed: [], removed: [], rejected: [REJECTED] },
      })),
    recordFailure: (input) =>
      this.#answer(input.sourceName, `record ${input.outcome}`, async ({ recordFailure }) => {
        recordFailure?.(Context.current().info.attempt);
        this.recordedFailures.push(input);
        return { rejected: [REJECTED] };
      }),
    write: ({ sourceName, request }) =>
      this.#answer(sourceName, `write ${request.requestId}`, async ({ write, readPackages }) => ({
        entries: write?.(request.requestId, Context.current().info.attempt) ?? 1,
        ...(readPackages !== undefined && { packages: true }),
      })),
    retireSource: ({ sourceName, entries }) => this.#answer(sourceName, `retire ${entries}`, async () => undefined),
    recordPause: ({ sourceName, paused }) =>
      this.#answer(sourceName, paused ? 'record pause' : 'record resume', async ({ recordPause }) => recordPause?.()),
    watch: ({ sourceName }) => this.#answer(sourceName, 'watch', async ({ watch }) => watch?.()),
    readPackages: ({ sourceName = '' }) =>
      this.#answer(sourceName, 'read packages', async ({ readPackages }) => {
        await readPackages?.();
        return { read: 1, kept: 0, failed: 0 };
      }),
    reconcileSources: async () => ({ started: 0, configured: 0, synced: 0, retired: 0 }),
    purge: async () => ({ tombstones: 0, syncRuns: 0, writeRequests: 0, auditEvents: 0 }),
  };

  async #answer<Result>(
    sourceName: string,
    call: string,
    answer: (script: Script) => Promise<Result>,
  ): Promise<Result> {
    const script = this.#scripts.get(sourceName);
    this.#calls.get(sourceName)?.push(call);
    return await failingClearly(() => answer(script ?? {}));
  }
}

function fetchedSnapshot(): FetchSnapshotResult {
  const { entries, rejected, warnings } = COUNTS;
  return {
    snapshot: 'staged',
    counts: { entries, rejected, warnings },
  };
}

/** Ends only when it is cancelled. */
export function untilCancelled(): Promise<never> {
  const context = Context.current();
  const heart = setInterval(() => context.heartbeat(), 50);
  return context.cancelled.finally(() => clearInterval(heart));
}
