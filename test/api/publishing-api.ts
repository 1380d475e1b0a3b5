/** An API that accepts writes, with its own Temporal namespace and worker. */
import pino from 'pino';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { createTestNamespace, type TestNamespace } from '../temporal-namespace.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import { runWorker } from '../../worker/run-worker.ts';
import { useSources } from '../db/sync-source.ts';
import { type ApiTestOptions, type RunningApi, startApi } from './running-api.ts';

export interface PublishingApi {
  readonly api: RunningApi;
  readonly test: TestDatabase;
  readonly temporal: TestNamespace;
  readonly stopWorker: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const TASK_QUEUE = 'rollcall';

/** With these sources in the default registry. */
export function startPublishingApi(...sources: readonly SourceDefinition[]): Promise<PublishingApi> {
  return startPublishingApiWith({}, ...sources);
}

export async function startPublishingApiWith(
  options: Omit<ApiTestOptions, 'temporal' | 'taskQueue'>,
  ...sources: readonly SourceDefinition[]
): Promise<PublishingApi> {
  const test = await createTestDatabase();
  await useSources(test.database, ...sources);
  const temporal = await createTestNamespace();
  const stopping = new AbortController();
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const worker = runWorker({
    server: { ...temporal, taskQueue: TASK_QUEUE },
    database: test.database,
    // What it finds out about packages would appear in answers at any time.
    outbound: { allow: [], readPackages: false },
    ...(options.telemetry && { telemetry: options.telemetry }),
    internalAddress: '127.0.0.1:0',
    logger: pino({ level: 'silent' }),
    signal: stopping.signal,
    onReady: () => resolve(),
  });
  const api = await startApi(test, { ...options, temporal, taskQueue: TASK_QUEUE });
  await Promise.race([ready, worker]);
  const stopWorker = async (): Promise<void> => {
    stopping.abort();
    await worker;
  };
  return {
    api,
    test,
    temporal,
    stopWorker,
    end: async () => {
      await api.stop();
      await stopWorker();
      await test.drop();
    },
  };
}
