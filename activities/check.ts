import { Context } from '@temporalio/activity';
import { findSource } from '../db/configuration/sources.ts';
import { noteNothingNew } from '../db/syncs/source-states.ts';
import { checks } from '../telemetry/instruments.ts';
import type { CheckInput, CheckResult } from '../workflows/contract/activities.ts';
import { isManaged } from '../registry/source-definition.ts';
import { readerOf } from '../sources/index.ts';
import { comparableState, limitsOf, type UpstreamDependencies } from './limits.ts';

/** A longer check is replaced by a sync. Shorter than the actor's timeout for this activity. */
const LONGEST_CHECK_MS = 25_000;

/**
 * Asks the upstream whether anything is new. Skipped if nothing was applied yet, or if the database was lost or restored and has
 * no record of the last sync.
 */
export async function check({ database, guard }: UpstreamDependencies, input: CheckInput): Promise<CheckResult> {
  const source = await findSource(database, input.sourceName);
  if (source === null || source.nextSyncNumber <= input.lastSync) return { news: 'maybe' };
  const { definition } = source;
  const { origin } = definition;
  if (isManaged(origin)) return { news: 'nothing' };
  const reader = await readerOf(definition);
  const previous = comparableState(source, reader);
  if (previous === null) return { news: 'maybe' };
  const signal = AbortSignal.any([Context.current().cancellationSignal, AbortSignal.timeout(LONGEST_CHECK_MS)]);
  const limits = limitsOf(source, guard);
  const asking = reader.check({ origin, definition, previous, guard: limits, signal });
  asking.then(
    (result) => checks.add(1, { kind: source.kind, result }),
    () => checks.add(1, { kind: source.kind, result: 'failed' }),
  );
  const news = await asking;
  if (news === 'nothing') await noteNothingNew(database, source.id);
  return { news };
}
