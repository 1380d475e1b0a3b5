import type { Logger } from 'pino';
import type { OutboundSettings } from '../config/model.ts';
import type { Database } from '../db/connection/database.ts';
import { purge, type Retention } from '../db/upkeep/purge.ts';
import { OutboundGuard } from '../outbound/guard.ts';
import type { Activities, WatchActivities, WriteActivities } from '../workflows/contract/activities.ts';
import { applySnapshot } from './apply-snapshot.ts';
import { check } from './check.ts';
import { failingClearly } from './failures.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import { named } from './earlier-inputs.ts';
import { recordPause } from './record-pause.ts';
import { type ReconcileDependencies, reconcileSources } from './reconcile-sources.ts';
import { recordFailure } from './record-failure.ts';
import { readPackages } from './packages/read-packages.ts';
import { reportedSync } from './reported-sync.ts';
import { retireSource } from './retire-source.ts';
import { watch } from './watch.ts';
import { write } from './write.ts';

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
  return {
    ...createWriteActivities(database),
    check: (input) => failingClearly(() => check(upstream, named(input))),
    fetchSnapshot: (input) => failingClearly(() => fetchSnapshot(upstream, named(input))),
    applySnapshot: (input) =>
      failingClearly(() =>
        reportedSync({ database, logger }, named(input), () => applySnapshot(database, named(input))),
      ),
    recordFailure: (input) =>
      failingClearly(() =>
        reportedSync({ database, logger }, named(input), () => recordFailure(database, named(input))),
      ),
    readPackages: (input) => failingClearly(() => readPackages({ ...upstream, logger }, input)),
    reconcileSources: () => failingClearly(() => reconcileSources(dependencies)),
    purge: () => failingClearly(() => purge(database, retention)),
  };
}

/** All activities of the write queue. */
export function createWriteActivities(database: Database): WriteActivities {
  return {
    write: (input) => failingClearly(() => write(database, input)),
    recordPause: (input) => failingClearly(() => recordPause(database, input)),
    retireSource: (input) => failingClearly(() => retireSource(database, input)),
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
