import { trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Database } from '../db/connection/database.ts';
import { findSyncReport, type SyncReport } from '../db/syncs/sync-report.ts';
import { syncDuration, syncedEntries, syncFailures } from '../telemetry/instruments.ts';
import type { SyncKey } from '../workflows/contract.ts';

/** Does the work that ends a sync, then reports the sync: one line in the log, metrics, and attributes of the span. */
export async function reportedSync<Result>(
  { database, logger }: { readonly database: Database; readonly logger: Logger },
  key: SyncKey,
  work: () => Promise<Result>,
): Promise<Result> {
  const result = await work();
  // A report that can't be read must not repeat the work.
  const report = await findSyncReport(database, key).catch(() => null);
  if (report !== null) {
    logSync(logger, report);
    measureSync(report);
  }
  return result;
}

function logSync(
  logger: Logger,
  { failureType, failureMessage, requestedBy, durationMs, ...report }: SyncReport,
): void {
  const { source, number, outcome } = report;
  const line = {
    ...report,
    durationMs: Math.round(durationMs),
    ...(requestedBy !== null && { requestedBy }),
    ...(failureType !== null && { failure: failureType, failureMessage }),
  };
  logger[outcome === 'failed' ? 'warn' : 'info'](line, `Sync ${number} of ${source}: ${outcome}`);
}

function measureSync({ source, kind, outcome, durationMs, failureType, ...counts }: SyncReport): void {
  syncDuration.record(durationMs / 1000, { kind, outcome });
  if (failureType !== null && outcome === 'failed') syncFailures.add(1, { kind, failure: failureType });
  for (const change of ['added', 'changed', 'removed', 'rejected'] as const) {
    if (counts[change] > 0) syncedEntries.add(counts[change], { kind, change });
  }
  trace.getActiveSpan()?.setAttributes({ 'rollcall.source': source, 'rollcall.sync.outcome': outcome });
}
