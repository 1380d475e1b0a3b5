/** Records histories of the workflow of an MCPRegistry resource for replay.test.ts, as record-histories.test.ts does. */
// oxlint-disable vitest/expect-expect -- record() asserts
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RollcallError } from '../../registry/failure.ts';
import { wakeRegistry } from '../../temporal/registries.ts';
import { startTelemetry } from '../../telemetry/telemetry.ts';
import { loadWorkflowBundle } from '../../worker/bundle.ts';
import {
  OPERATOR_TASK_QUEUE,
  type ReconcileResult,
  type RegistryActivities,
  registryWorkflowId,
  type WakeReason,
} from '../../workflows/contract/registry.ts';
import { createTestNamespace } from '../temporal-namespace.ts';
import { eventually } from '../eventually.ts';
import { writeHistory } from './history-file.ts';

const version = process.env['RECORD_HISTORIES'];
const settled = (changes: Partial<ReconcileResult> = {}): ReconcileResult => ({
  outcome: 'settled',
  phase: 'Ready',
  message: 'Registry is ready and API is serving requests',
  changes: [],
  temporalNamespace: 'team-a.weather',
  nextLookMs: 60_000,
  ...changes,
});

describe.runIf(version !== undefined)('recording', () => {
  const folder = fileURLToPath(new URL(`../histories/${version}/`, import.meta.url));
  /** Results of the next reconciliations; the last one is repeated. */
  let script: (ReconcileResult | Error)[] = [];
  let reconciliations = 0;
  let client: Client;
  let worker: Worker;
  let running: Promise<void>;

  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    const { address, namespace } = await createTestNamespace();
    client = new Client({ connection: await Connection.connect({ address }), namespace });
    const activities: RegistryActivities = {
      reconcileRegistry: async () => {
        reconciliations += 1;
        const result = (script.length > 1 ? script.shift() : script[0]) ?? settled();
        if (result instanceof Error) throw result;
        return result;
      },
    };
    worker = await Worker.create({
      connection: await NativeConnection.connect({ address }),
      namespace,
      taskQueue: OPERATOR_TASK_QUEUE,
      workflowBundle: await loadWorkflowBundle(),
      activities: { ...activities },
      plugins: [startTelemetry().plugin],
    });
    running = worker.run();
  });
  afterAll(async () => {
    worker?.shutdown();
    await running;
  });

  const wake = async (name: string, reason: WakeReason): Promise<WorkflowHandle> => {
    await wakeRegistry(client, { namespace: 'team-a', name }, reason);
    return client.workflow.getHandle(registryWorkflowId({ namespace: 'team-a', name }));
  };
  const play = (...results: readonly (ReconcileResult | Error)[]): void => {
    script = [...results];
    reconciliations = 0;
  };
  const reconciled = (times: number): Promise<void> =>
    eventually(() => reconciliations >= times, `${times} reconciliations`);
  async function record(name: string, handle: WorkflowHandle): Promise<void> {
    const history = await handle.fetchHistory();
    expect(history.events?.length).toBeGreaterThan(5);
    await writeHistory(`${folder}${name}.json`, history);
  }

  test('a resource from its creation to its deletion, with a failure that is repaired', async () => {
    play(
      settled({ phase: 'Failed', message: 'spec.registries[0].configMapRef: the ConfigMap data does not exist' }),
      settled({ phase: 'Pending', message: 'API is not ready', changes: ['created Deployment weather-api'] }),
      settled({ nextLookMs: 10 }),
      new RollcallError('UpstreamUnavailable', 'the API server does not answer'),
      settled(),
      settled({ outcome: 'held', message: "ToolHive's operator runs" }),
      settled({ outcome: 'ended', message: 'The resource was deleted' }),
    );
    const handle = await wake('weather', 'resource');
    await reconciled(1);
    await wake('weather', 'reference');
    await reconciled(2);
    await wake('weather', 'object');
    await reconciled(5);
    await wake('weather', 'start');
    await reconciled(6);
    await wake('weather', 'resource');
    await handle.result();
    await record('registry-created-to-deleted', handle);
  });

  test('continuing as new', async () => {
    play(settled());
    const handle = await wake('busy', 'resource');
    const { runId } = await handle.describe();
    // Constant changes don't keep a run from ending.
    for (let looks = 1; looks <= 53; looks += 1) {
      await reconciled(looks);
      await wake('busy', 'object');
    }
    await record('registry-continued-as-new', client.workflow.getHandle(handle.workflowId, runId));
    await record('registry-after-continue-as-new', handle);
    await handle.terminate();
  });
});
