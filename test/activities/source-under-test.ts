/** One source in a real database, with the activities of a worker. */
import { ApplicationFailure } from '@temporalio/common';
import type { Info } from '@temporalio/activity';
import pino from 'pino';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { applySnapshot } from '../../activities/apply-snapshot.ts';
import { check } from '../../activities/check.ts';
import { failingClearly } from '../../activities/failures.ts';
import { fetchSnapshot } from '../../activities/fetch-snapshot.ts';
import type { UpstreamDependencies } from '../../activities/limits.ts';
import { readPackages } from '../../activities/packages/read-packages.ts';
import { recordFailure } from '../../activities/sync-record.ts';
import { createSource } from '../../db/configuration/created-sources.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import type { Database } from '../../db/connection/database.ts';
import { requestForce } from '../../db/configuration/source-requests.ts';
import { findSource, type SourceRow } from '../../db/configuration/sources.ts';
import { listFindings } from '../../db/syncs/sync-findings.ts';
import { findSyncRun } from '../../db/syncs/sync-runs.ts';
import { OutboundGuard } from '../../outbound/guard.ts';
import type { EntryFinding } from '../../registry/entry.ts';
import type { SourceDefinition, SourceOrigin } from '../../registry/source-definition.ts';
import type {
  AppliedSync,
  CheckResult,
  FetchInput,
  FetchSnapshotResult,
  ReadPackagesResult,
} from '../../workflows/contract/activities.ts';
import { entriesOf } from '../db/sync-source.ts';

export type SourceOptions = Partial<Pick<SourceDefinition, 'format' | 'filter'>>;

let sources = 0;

export class SourceUnderTest {
  readonly database: Database;
  readonly upstream: UpstreamDependencies;
  definition: SourceDefinition;
  #syncs = 0;

  /** @param guard the limits, if the source was created through the API */
  constructor(database: Database, definition: SourceDefinition, guard = new OutboundGuard({ allow: [] })) {
    this.database = database;
    this.upstream = { database, guard };
    this.definition = definition;
  }

  /** A source with a unique name, which becomes the only one of the default registry. */
  static async of(database: Database, origin: SourceOrigin, options: SourceOptions = {}): Promise<SourceUnderTest> {
    const source = new SourceUnderTest(database, nextDefinition(origin, options));
    await source.redefine({});
    return source;
  }

  /** A source created through the API, within the limits of the guard. */
  static async ofApi(database: Database, origin: SourceOrigin, guard: OutboundGuard): Promise<SourceUnderTest> {
    const source = new SourceUnderTest(database, nextDefinition(origin), guard);
    await createSource(database, { definition: source.definition, claims: null });
    return source;
  }

  async redefine(changes: Partial<SourceDefinition>): Promise<void> {
    this.definition = { ...this.definition, ...changes };
    await storeConfiguration(this.database, { sources: [this.definition], registries: [], defaultRegistry: 'default' });
  }

  async check(): Promise<CheckResult['news']> {
    const { news } = await runActivity(() =>
      check(this.upstream, { sourceName: this.definition.name, lastSync: this.#syncs }),
    );
    return news;
  }

  /** The input of the next sync. */
  next(options: Partial<FetchInput> = {}): FetchInput {
    this.#syncs += 1;
    const sourceName = this.definition.name;
    return { sourceName, number: this.#syncs, trigger: 'message', force: false, full: false, ...options };
  }

  async fetch(input: FetchInput, info: Partial<Info> = {}): Promise<FetchSnapshotResult> {
    return await runActivity(() => fetchSnapshot(this.upstream, input), info);
  }

  async apply(input: FetchInput): Promise<AppliedSync> {
    return await runActivity(() => applySnapshot(this.database, input));
  }

  /** Fetches and applies, as the workflow does; a failure is recorded and thrown. With `force`, like a forced sync over the API. */
  async sync(options: Partial<FetchInput> = {}): Promise<AppliedSync & Pick<FetchSnapshotResult, 'snapshot'>> {
    const input = this.next(options);
    if (input.force) await requestForce(this.database, input.sourceName);
    try {
      const fetched = await this.fetch(input);
      const applied = await this.apply(input);
      return { ...applied, snapshot: fetched.snapshot };
    } catch (error) {
      const { type, message } = error as ApplicationFailure;
      const failure = { type: type ?? 'Unknown', message };
      await runActivity(() => recordFailure(this.database, { ...input, outcome: 'failed', failure }));
      throw error;
    }
  }

  /** Reads the packages that are due, as the workflow does after the sync. */
  async readPackages(): Promise<ReadPackagesResult> {
    const input = { sourceName: this.definition.name, syncNumber: this.#syncs };
    return await runActivity(() => readPackages({ ...this.upstream, logger: pino({ level: 'silent' }) }, input));
  }

  /** Expects the next sync to fail. */
  async failedSync(options: Partial<FetchInput> = {}): Promise<ApplicationFailure> {
    try {
      await this.sync(options);
    } catch (error) {
      if (error instanceof ApplicationFailure) return error;
      throw error;
    }
    throw new Error('the sync did not fail');
  }

  /** `name@version` of all served entries. */
  async served(): Promise<string[]> {
    return (await entriesOf(this.database)).map(({ name, version }) => `${name}@${version}`);
  }

  async findings(): Promise<readonly EntryFinding[]> {
    const run = await findSyncRun(this.database, { sourceName: this.definition.name, number: this.#syncs });
    if (run === null) throw new Error('the sync has no record');
    return await listFindings(this.database, { syncRunId: run.id, limit: 100, offset: 0 });
  }

  async row(): Promise<SourceRow> {
    const row = await findSource(this.database, this.definition.name);
    if (row === null) throw new Error('the source is gone');
    return row;
  }
}

function nextDefinition(origin: SourceOrigin, options: SourceOptions = {}): SourceDefinition {
  sources += 1;
  const syncPolicy = { intervalMs: 60_000, maxRemoval: 0.5, deadlineMs: 60_000 };
  return { name: `source-${sources}`, origin, syncPolicy, ...options };
}

/** Runs something in the context of an activity that is scheduled now. */
async function runActivity<Result>(work: () => Promise<Result>, info: Partial<Info> = {}): Promise<Result> {
  return await activityEnvironment(info).run<[], Result, () => Promise<Result>>(() => failingClearly(work));
}

export function activityEnvironment(info: Partial<Info> = {}): MockActivityEnvironment {
  // Many of these tests are about failures, which need no log.
  return new MockActivityEnvironment(
    { scheduledTimestampMs: Date.now(), ...info },
    { logger: new DefaultLogger('ERROR') },
  );
}
