/** Makes the actors match the sources in Postgres, which are authoritative. Several workers can do so at once. */
import type { Database } from '../db/connection/database.ts';
import { listSources, type SourceRow } from '../db/configuration/sources.ts';
import { isTrial } from '../db/configuration/trials.ts';
import { needsReading } from '../db/contents/package-readings.ts';
import { storePause } from '../db/configuration/source-requests.ts';
import { definitionFingerprint } from '../registry/definition-digest.ts';
import { initialState } from '../temporal/initial-state.ts';
import { retireSource } from '../temporal/retire-source.ts';
import type { SourceActors } from '../temporal/source-actors.ts';
import type { ReconciledSources } from '../workflows/contract/activities.ts';
import type { ActorMemo } from '../workflows/contract/source-actor.ts';
import { isManaged } from '../registry/source-definition.ts';

/** A trial of a source that is older has lost the process that would delete it. */
const TRIAL_MS = 5 * 60_000;
/** How many actors are contacted at the same time. */
const AT_ONCE = 8;

export interface ReconcileDependencies {
  readonly database: Database;
  readonly actors: SourceActors;
}

type Change = Exclude<keyof ReconciledSources, 'packages'>;
type Step = () => Promise<Change | 'agreed'>;

/**
 * Starts missing actors, passes on new definitions, syncs sources whose entries the database has lost, and retires
 * sources that left the configuration.
 * @throws the first error, after everything else has been done
 */
export async function reconcileSources(dependencies: ReconcileDependencies): Promise<ReconciledSources> {
  // A source gets its row before its actor, so an actor without a row has lost it.
  const running = await dependencies.actors.listRunning();
  const sources = await listSources(dependencies.database);
  const known = new Set(sources.map(({ name }) => name));
  const orphans = [...running.keys()].filter((name) => !known.has(name));
  const results = await settleAll([
    ...sources.map((source) => () => reconcileSource(dependencies, source, running)),
    ...orphans.map((name) => () => retire(dependencies, { name, entries: 'remove' })),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const count = (what: Change): number =>
    results.filter((result) => result.status === 'fulfilled' && result.value === what).length;
  return {
    started: count('started'),
    configured: count('configured'),
    synced: count('synced'),
    retired: count('retired'),
    packages: await needsReading(dependencies.database, null),
  };
}

async function reconcileSource(
  dependencies: ReconcileDependencies,
  source: SourceRow,
  running: ReadonlyMap<string, Partial<ActorMemo>>,
): ReturnType<Step> {
  const { name, definition, detachedAt } = source;
  if (detachedAt !== null) {
    if (isTrial(source) && Date.now() - Date.parse(detachedAt) < TRIAL_MS) return 'agreed';
    // The actor has ended and the entries are kept, so nothing is left to do.
    if (keepsEntries(source) && !running.has(name)) return 'agreed';
    return await retire(dependencies, { name, entries: keepsEntries(source) ? 'detach' : 'remove' });
  }
  const memo = running.get(name);
  if (memo === undefined) {
    await dependencies.actors.ensure(initialState(source));
    return 'started';
  }
  if (memo.paused !== source.paused) await recordPauseOf(dependencies, name);
  if (memo.definition !== definitionFingerprint(definition)) {
    const { changed } = await dependencies.actors.configure(definition);
    return changed ? 'configured' : 'agreed';
  }
  return (await syncLostEntries(dependencies, source, memo)) ? 'synced' : 'agreed';
}

/** Asks the actor itself: its list entry may be outdated, and a restored database has an older state. */
async function recordPauseOf({ actors, database }: ReconcileDependencies, name: string): Promise<void> {
  const { paused } = await actors.describe(name);
  await storePause(database, name, paused);
}

/**
 * If the database was lost, or restored from an older backup, it has no record of the last sync and not its entries either. A
 * paused source is synced when it is resumed.
 */
async function syncLostEntries(
  { actors }: ReconcileDependencies,
  { name, kind, nextSyncNumber }: SourceRow,
  { lastSync = 0, paused }: Partial<ActorMemo>,
): Promise<boolean> {
  if (isManaged({ kind }) || paused === true || lastSync < nextSyncNumber) return false;
  await actors.syncNow(name, { reason: `the database no longer has sync ${lastSync}` });
  return true;
}

/** Published entries are stored nowhere else, so leaving the file doesn't erase them. Deletion through the admin API does. */
function keepsEntries({ kind, origin, isEraseRequested }: SourceRow): boolean {
  return isManaged({ kind }) && origin === 'file' && !isEraseRequested;
}

async function retire(
  dependencies: ReconcileDependencies,
  source: { readonly name: string; readonly entries: 'remove' | 'detach' },
): ReturnType<Step> {
  await retireSource(dependencies, source);
  return 'retired';
}

async function settleAll(steps: readonly Step[]): Promise<PromiseSettledResult<Awaited<ReturnType<Step>>>[]> {
  const results: PromiseSettledResult<Awaited<ReturnType<Step>>>[] = [];
  for (let from = 0; from < steps.length; from += AT_ONCE) {
    results.push(...(await Promise.allSettled(steps.slice(from, from + AT_ONCE).map((step) => step()))));
  }
  return results;
}
