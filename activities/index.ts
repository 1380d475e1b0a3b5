import type { Logger } from 'pino';
import type { OutboundSettings } from '../config/model.ts';
import type { Database } from '../db/connection/database.ts';
import { purge, type Retention } from '../db/upkeep/purge.ts';
import { OutboundGuard } from '../outbound/guard.ts';
import type { Activities, WatchActivities } from '../workflows/contract/activities.ts';
import type { SyncKey } from '../workflows/contract/syncs.ts';
import { applySnapshot } from './apply-snapshot.ts';
import { check } from './check.ts';
import { failingClearly } from './failures.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import { type ReconcileDependencies, reconcileSources } from './reconcile-sources.ts';
import { readPackages } from './packages/read-packages.ts';
import { reportedSync } from './reported-sync.ts';
import { recordFailure } from './sync-record.ts';
import { watch } from './watch.ts';
import { createWriteActivities } from './write-activities.ts';

/** The database and the actors that housekeeping talks to. */
export interface ActivityDependencies extends ReconcileDependencies {
  /** The limits of sources that were created through the API. */
  readonly outbound: OutboundSettings;
  readonly logger: Logger;
  /** How long records are kept before housekeeping purges them. */
  readonly retention?: Retention;
}

/** All activities of the main task queue. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  const { database, outbound, retention, logger } = dependencies;
  const upstream = { database, guard: new OutboundGuard(outbound) };
  const ending =
    <Input extends SyncKey, Result>(end: (database: Database, input: Input) => Promise<Result>) =>
    (given: Input): Promise<Result> => {
      const input = named(given);
      return failingClearly(() => reportedSync({ database, logger }, input, () => end(database, input)));
    };
  return {
    ...createWriteActivities(database),
    check: (input) => failingClearly(() => check(upstream, named(input))),
    fetchSnapshot: (input) => failingClearly(() => fetchSnapshot(upstream, named(input))),
    applySnapshot: ending(applySnapshot),
    recordFailure: ending(recordFailure),
    readPackages: (input) => failingClearly(() => readPackages({ ...upstream, logger }, input)),
    reconcileSources: () => failingClearly(() => reconcileSources(dependencies)),
    purge: () => failingClearly(() => purge(database, retention)),
  };
}

/** All activities of the watch queue. */
export function createWatchActivities({
  database,
  outbound,
}: Pick<ActivityDependencies, 'database' | 'outbound'>): WatchActivities {
  const upstream = { database, guard: new OutboundGuard(outbound) };
  return { watch: (input) => failingClearly(() => watch(upstream, named(input))) };
}

/** Activities that Rollcall 0.1 scheduled carry a whole definition. Only its name is used: Postgres has the definition. */
function named<Input extends { readonly sourceName: string }>(input: Input): Input {
  const { definition } = input as { readonly definition?: { readonly name: string } };
  return definition === undefined ? input : { ...input, sourceName: definition.name };
}
