/** Starts housekeeping when a worker starts, and schedules it from then on. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Database } from '../db/connection/database.ts';
import { readMilestone, type Milestone } from '../db/upkeep/milestone.ts';
import { createHousekeepingSchedule, startHousekeeping, updateHousekeepingSchedule } from '../temporal/housekeeping.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';

/** Interval for detecting that Temporal or the database has lost its data. */
const CHECK_EVERY_MS = 10_000;
const RETRY_AFTER_MS = 1_000;

export interface HousekeepingOptions {
  readonly taskQueue: string;
  readonly database: Database;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Runs until the signal is aborted. Never throws: it waits while Temporal is unavailable. */
export async function runHousekeeping(
  client: Client,
  { taskQueue, database, logger, signal }: HousekeepingOptions,
): Promise<void> {
  let isStarting = true;
  let milestone: Milestone | undefined;
  let lastMessage = '';
  while (!signal.aborted) {
    try {
      await unlessStopped(signal, async () => {
        const isNew = await createHousekeepingSchedule(client, taskQueue);
        if (isStarting && !isNew) await updateHousekeepingSchedule(client, taskQueue);
        const reached = await readMilestone(database).catch(() => milestone);
        if (isNew || isStarting) await registerSearchAttributes(client, logger);
        const isDue = isNew || isStarting || isOtherDatabase(milestone, reached);
        // Housekeeping that is already running may not see the change. The next check finds the same difference again.
        if (!isDue || (await startHousekeeping(client, taskQueue)) || isStarting) milestone = reached;
        isStarting = false;
      });
      lastMessage = '';
      await pause(CHECK_EVERY_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = error as Error;
      if (message !== lastMessage) logger.warn({ err: error }, "Can't schedule housekeeping; trying again");
      lastMessage = message;
      await pause(RETRY_AFTER_MS, signal);
    }
  }
}

/**
 * Returns early when the worker stops, because the client's attempts to connect can take long and can't be cancelled.
 */
async function unlessStopped(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([work(), once(signal, 'abort', { signal: done.signal })]);
  } finally {
    done.abort();
  }
}

/** Whether the database may have lost data, or may have been restored. */
function isOtherDatabase(before: Milestone | undefined, now: Milestone | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return now.newestSync < before.newestSync || now.sources !== before.sources;
}

async function registerSearchAttributes(client: Client, logger: Logger): Promise<void> {
  const missing = await ensureSearchAttributes(client);
  if (missing.length === 0) return;
  logger.warn(
    { missing },
    "Temporal refuses to register search attributes, so workflows can't be searched by them. " +
      'An operator with the permission can register them: temporal operator search-attribute create --name NAME --type Keyword ' +
      '(LastSuccessTime: Datetime)',
  );
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
