/** Reads the packages that skills and plugins name, after their entries are visible. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Logger } from 'pino';
import {
  listDueEntries,
  listFaultyEntries,
  makeEntriesDue,
  storeReadings,
} from '../../db/contents/package-readings.ts';
import type { Database } from '../../db/connection/database.ts';
import { addLateWarnings, MAX_FINDINGS } from '../../db/syncs/sync-findings.ts';
import { findSyncRun } from '../../db/syncs/sync-runs.ts';
import { packageReadings, signatureChecks } from '../../telemetry/instruments.ts';
import type { ReadPackagesInput, ReadPackagesResult } from '../../workflows/contract/activities.ts';
import type { UpstreamDependencies } from '../limits.ts';
import { withProgress } from '../progress.ts';
import { type EntryReading, EntryReader } from './entry-reader.ts';

/** Readings of a batch become visible together. */
const BATCH = 20;
/** No batch starts after this. Housekeeping continues with what is left. */
const LONGEST_MS = 4 * 60_000;

/** A worker runs 100 activities: most of them stay available to syncs. */
const ACTIVITIES_AT_ONCE = 8;
const BUSY_DELAY_MS = 30_000;
let running = 0;

interface Counts {
  read: number;
  kept: number;
  failed: number;
  firstFault?: string;
}

/**
 * Reads entries until none is due. A package that can't be read is a fault of the entry, never a failure of this
 * activity. The faults of a source are added to the record of the sync, if there is one.
 */
export async function readPackages(
  { database, guard, logger }: UpstreamDependencies & { readonly logger: Logger },
  { sourceName: wanted, syncNumber }: ReadPackagesInput,
): Promise<ReadPackagesResult> {
  const { cancellationSignal, info } = Context.current();
  const sourceName = wanted ?? null;
  if (guard.settings.readPackages === false) return { read: 0, kept: 0, failed: 0 };
  const run =
    sourceName === null || syncNumber === undefined
      ? null
      : await findSyncRun(database, { sourceName, number: syncNumber });
  if (sourceName !== null && run?.forced === true && info.attempt === 1) await makeEntriesDue(database, sourceName);
  if (running >= ACTIVITIES_AT_ONCE) throw busy();
  running += 1;
  const counts: Counts = { read: 0, kept: 0, failed: 0 };
  try {
    await readDue(
      { database, reader: new EntryReader({ database, guard, logger, signal: cancellationSignal }) },
      { sourceName, counts },
    );
  } finally {
    running -= 1;
  }
  report(logger, sourceName, counts);
  if (sourceName !== null && run !== null) {
    const faulty = await listFaultyEntries(database, { sourceName, limit: MAX_FINDINGS });
    await addLateWarnings(database, run.id, faulty);
  }
  const { read, kept, failed } = counts;
  return { read, kept, failed };
}

async function readDue(
  { database, reader }: { readonly database: Database; readonly reader: EntryReader },
  { sourceName, counts }: { readonly sourceName: string | null; readonly counts: Counts },
): Promise<void> {
  await withProgress(async (progress) => {
    const end = Date.now() + LONGEST_MS;
    while (Date.now() < end) {
      const due = await listDueEntries(database, { sourceName, limit: BATCH });
      if (due.length === 0) break;
      const readings = await reader.readAll(due);
      const bySource = Map.groupBy(readings, ({ entry }) => entry.sourceId);
      for (const [sourceId, ofSource] of bySource) await storeReadings(database, sourceId, ofSource);
      for (const reading of readings) count(counts, reading);
      progress.report({ entries: counts.read + counts.kept + counts.failed });
    }
  });
}

function busy(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'Busy',
    message: `the worker reads the packages of ${ACTIVITIES_AT_ONCE} sources already`,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: BUSY_DELAY_MS,
  });
}

function count(counts: Counts, { result, fault, verification }: EntryReading): void {
  if (verification !== null) signatureChecks.add(1, { result: verification.result });
  if (result === null) return;
  counts[result] += 1;
  packageReadings.add(1, { result });
  if (fault !== null) counts.firstFault ??= fault;
}

function report(logger: Logger, source: string | null, counts: Counts): void {
  const { read, failed } = counts;
  if (read + failed === 0) return;
  const line = { ...(source !== null && { source }), ...counts };
  logger[failed > 0 ? 'warn' : 'info'](line, `Packages of skills and plugins: ${read} read, ${failed} not readable`);
}
