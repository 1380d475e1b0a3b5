/** Runs Temporal workers until the process stops, and reconnects whenever Temporal is lost. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { backoffMs } from '../pacing/backoff.ts';
import { endpointOf, type TemporalServer } from '../temporal/connect.ts';
import { findTemporalFault } from '../temporal/connection-failure.ts';

/** First delay after losing Temporal. It doubles up to the maximum. */
const BACKOFF = { firstMs: 250, longestMs: 5_000 };

/**
 * After a stop: the time before activities are cancelled, and the time before activities that ignore it are abandoned.
 */
export const SHUTDOWN = { shutdownGraceTime: '3 seconds', shutdownForceTime: '7 seconds' } as const;

export interface Working {
  readonly server: TemporalServer;
  readonly client: Client;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called when the workers begin to ask for tasks, and when they stop. */
  readonly onPolling: (isPolling: boolean) => void;
}

/** Connects and runs workers in a loop, because the SDK's workers give up if Temporal stays unavailable. */
export async function workUntilStopped(options: Working, workers: readonly WorkerOptions[]): Promise<void> {
  const { server, logger, signal } = options;
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = Date.now();
    try {
      await connectAndWork(options, workers);
    } catch (error) {
      if (signal.aborted) return;
      failures = Date.now() - startedAt > BACKOFF.longestMs ? 1 : failures + 1;
      if (error instanceof TemporalFault) logger.warn(`Nothing is synced or published: ${error.message}; trying again`);
      else logger.warn({ err: error, address: server.address }, 'The worker has lost Temporal; trying again');
      await delay(backoffMs(BACKOFF, failures), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A fault of the connection or the namespace, described in one sentence. */
class TemporalFault extends Error {}

/** The client finds out quickly and clearly what is wrong. The SDK's workers would try for a quarter of a minute. */
async function connectAndWork(options: Working, workers: readonly WorkerOptions[]): Promise<void> {
  const fault = await findTemporalFault(options.client, options.server);
  if (fault !== null) throw new TemporalFault(fault);
  const connection = await NativeConnection.connect(await endpointOf(options.server));
  try {
    await work(options, connection, workers);
  } finally {
    await connection.close();
  }
}

/** Returns when all workers have ended, after the signal or because one of them failed. */
async function work(
  { signal, onPolling }: Working,
  connection: NativeConnection,
  options: readonly WorkerOptions[],
): Promise<void> {
  const workers = await Promise.all(options.map((one) => Worker.create({ ...one, connection })));
  const stop = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', stop);
  try {
    const runs = workers.map((worker) => worker.run().finally(stop));
    onPolling(true);
    if (signal.aborted) stop();
    const results = await Promise.allSettled(runs);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    onPolling(false);
    signal.removeEventListener('abort', stop);
  }
}
