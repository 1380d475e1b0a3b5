/** Makes the actors agree with the sources in Postgres, which are the truth. Several workers may do so at once. */
import type { Database } from '../db/connection.ts';
import { listSources, type SourceRow } from '../db/sources.ts';
import { carriedDefinition } from '../temporal/carried-definition.ts';
import { initialState } from '../temporal/initial-state.ts';
import { retireSource } from '../temporal/retire-source.ts';
import type { SourceActors } from '../temporal/source-actors.ts';
import { fingerprint } from '../workflows/definition.ts';

/** How many actors are spoken to at the same time. */
const AT_ONCE = 8;

export interface ReconcileDependencies {
  readonly database: Database;
  readonly actors: SourceActors;
  /** The sources whose actors run, each with the fingerprint of its definition; it may be some seconds old. */
  listRunningActors(): Promise<ReadonlyMap<string, string | undefined>>;
}

export interface Reconciliation {
  readonly started: number;
  readonly configured: number;
  readonly retired: number;
}

type Step = () => Promise<keyof Reconciliation | 'agreed'>;

/**
 * Starts actors that do not run, hands new definitions over, retires what left the configuration.
 *
 * @throws the first error, after everything else has been done
 */
export async function reconcileSources(dependencies: ReconcileDependencies): Promise<Reconciliation> {
  // A source is a row first and an actor then: in this order an actor without a row has lost it.
  const running = await dependencies.listRunningActors();
  const sources = await listSources(dependencies.database);
  const known = new Set(sources.map(({ name }) => name));
  const orphans = [...running.keys()].filter((name) => !known.has(name));
  const results = await settleAll([
    ...sources.map((source) => () => reconcileSource(dependencies, source, running)),
    ...orphans.map((name) => () => retire(dependencies, { name, entries: 'remove' })),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const count = (what: keyof Reconciliation): number =>
    results.filter((result) => result.status === 'fulfilled' && result.value === what).length;
  return { started: count('started'), configured: count('configured'), retired: count('retired') };
}

async function reconcileSource(
  dependencies: ReconcileDependencies,
  source: SourceRow,
  running: ReadonlyMap<string, string | undefined>,
): ReturnType<Step> {
  const { name, definition, detachedAt } = source;
  if (detachedAt !== null) {
    // Nothing is left to do for a source whose actor has ended and whose entries are kept.
    if (keepsEntries(source) && !running.has(name)) return 'agreed';
    return await retire(dependencies, { name, entries: keepsEntries(source) ? 'detach' : 'remove' });
  }
  if (!running.has(name)) {
    await dependencies.actors.ensure(initialState(source));
    return 'started';
  }
  if (running.get(name) === fingerprint(carriedDefinition(definition))) return 'agreed';
  const { changed } = await dependencies.actors.configure(definition);
  return changed ? 'configured' : 'agreed';
}

/** What was published is in no other place: leaving the file does not erase it, a deletion through the admin API does. */
function keepsEntries({ kind, origin }: SourceRow): boolean {
  return kind === 'managed' && origin === 'file';
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
