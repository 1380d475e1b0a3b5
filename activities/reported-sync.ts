import { trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Database } from '../db/connection/database.ts';
import { type EndedSyncRunRow, findEndedSyncRun, syncCounts } from '../db/syncs/sync-runs.ts';
import { syncDuration, syncedEntries, syncFailures } from '../telemetry/instruments.ts';
import type { SyncKey } from '../workflows/contract/syncs.ts';

/** Does the work that ends a sync, then reports the sync: one line in the log, metrics, and attributes of the span. */
export async function reportedSync<Result>(
  { database, logger }: { readonly database: Database; readonly logger: Logger },
  key: SyncKey,
  work: () => Promise<Result>,
): Promise<Result> {
  const result = await work();
  // A report that can't be read must not repeat the work.
  const report = await findEndedSyncRun(database, key).catch(() => null);
  if (report !== null) {
    logSync(logger, report);
    measureSync(report);
  }
  return result;
}

function logSync(logger: Logger, run: EndedSyncRunRow): void {
  const { sourceName, kind, number, trigger, requestedBy, outcome, durationMs, failureType, failureMessage } = run;
  const line = {
    source: sourceName,
    kind,
    number,
    trigger,
    outcome,
    durationMs,
    ...syncCounts.parse(run),
    ...(requestedBy !== null && { requestedBy }),
    ...(failureType !== null && { failure: failureType, failureMessage }),
  };
  logger[outcome === 'failed' ? 'warn' : 'info'](line, `Sync ${number} of ${sourceName}: ${outcome}`);
}

function measureSync(run: EndedSyncRunRow): void {
  const { sourceName, kind, outcome, durationMs, failureType } = run;
  syncDuration.record(durationMs / 1000, { kind, outcome });
  if (failureType !== null && outcome === 'failed') syncFailures.add(1, { kind, failure: failureType });
  for (const change of ['added', 'changed', 'removed', 'rejected'] as const) {
    if (run[change] > 0) syncedEntries.add(run[change], { kind, change });
  }
  trace.getActiveSpan()?.setAttributes({ 'rollcall.source': sourceName, 'rollcall.sync.outcome': outcome });
}
