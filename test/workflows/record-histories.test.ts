/**
 * Records a real history of every path that the workflows can take, for replay.test.ts:
 *
 *     RECORD_HISTORIES=0.2 npx vitest run test/workflows/record-histories.test.ts
 *
 * writes into test/histories/0.2. The histories of released versions stay as they are.
 */
// oxlint-disable vitest/expect-expect -- record() asserts
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RollcallError } from '../../registry/failure.ts';
import { HOUSEKEEPING_WORKFLOW, packagesWorkflowId, syncWorkflowId } from '../../workflows/contract/names.ts';
import {
  type ActorEnvironment,
  afterSync,
  gate,
  startLiveEnvironment,
  startSkippingEnvironment,
  TASK_QUEUE,
} from './actor-environment.ts';
import { eventually } from '../eventually.ts';
import { writeHistory } from './history-file.ts';
import { MANAGED } from './source-states.ts';
import { untilCancelled } from './scripted-upstream.ts';

const version = process.env['RECORD_HISTORIES'];

describe.runIf(version !== undefined)('recording', () => {
  const folder = fileURLToPath(new URL(`../histories/${version}/`, import.meta.url));
  const quick = { syncPolicy: { intervalMs: 50, maxRemoval: 0.5, deadlineMs: 60_000 } };
  let environment: ActorEnvironment;
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    environment = await startLiveEnvironment();
  });
  afterEach(() => environment.endSources());
  afterAll(() => environment?.stop());

  async function record(name: string, handle: WorkflowHandle): Promise<void> {
    const history = await handle.fetchHistory();
    expect(history.events?.length).toBeGreaterThan(5);
    await writeHistory(`${folder}${name}.json`, history);
  }

  const syncOf = (name: string, number: number): WorkflowHandle =>
    environment.temporal.client.workflow.getHandle(syncWorkflowId(name, number));

  const reachesCycle = async (name: string, cycle: number): Promise<void> =>
    eventually(async () => (await environment.actors.describe(name)).cycle >= cycle, `${name} reaches cycle ${cycle}`);

  test('a first sync, checks that find nothing, one that finds something, and one that fails', async () => {
    const answers: ('nothing' | 'maybe' | Error)[] = ['nothing', 'maybe', new Error('connection reset')];
    const { name, handle } = await environment.start(
      {
        check: () => {
          const answer = answers.shift() ?? 'nothing';
          if (answer instanceof Error) throw answer;
          return answer;
        },
        apply: () => (answers.length < 2 ? 'unchanged' : 'changed'),
      },
      { definition: quick },
    );
    await reachesCycle(name, 6);
    await record('source-checks-and-syncs', handle);
    await record('sync-changed', syncOf(name, 1));
    await record('sync-unchanged', syncOf(name, 2));
  });

  test('failures, and backing off', async () => {
    const { name, handle } = await environment.start(
      {
        fetch: ({ number }, attempt) => {
          if (number === 1 && attempt === 1) throw new RollcallError('UpstreamUnavailable', 'connection refused');
          if (number === 1) throw new RollcallError('UpstreamDenied', 'the password was refused');
        },
        check: () => 'maybe',
      },
      { definition: quick },
    );
    await afterSync(environment, name, 2);
    await record('source-failure-and-backoff', handle);
    await record('sync-failed-after-a-retry', syncOf(name, 1));
  });

  test('a lost snapshot', async () => {
    let applies = 0;
    const { name } = await environment.start({
      apply: () => {
        applies += 1;
        if (applies === 1) throw new RollcallError('SnapshotLost', 'chunk 1 of 1 is not there any more');
        return 'changed';
      },
    });
    await afterSync(environment, name, 1);
    await record('sync-snapshot-lost', syncOf(name, 1));
  });

  test('pausing, a message meanwhile, resuming', async () => {
    const { name, handle } = await environment.start({}, { definition: quick });
    await afterSync(environment, name, 1);
    await environment.actors.pause(name);
    await environment.actors.pause(name);
    await environment.actors.syncNow(name, { wait: true, requestedBy: 'ada' });
    const { cycle } = await environment.actors.describe(name);
    await environment.actors.resume(name);
    await reachesCycle(name, cycle + 2);
    await record('source-paused-and-resumed', handle);
  });

  test('messages during a sync, and messages that aren’t understood', async () => {
    const fetching = gate();
    const { name, handle, calls } = await environment.start({
      fetch: ({ number }) => (number === 1 ? fetching.passed : undefined),
    });
    await eventually(() => calls.includes('fetch'), 'it fetches');
    await handle.signal('sync', { requestedBy: 'ada', force: true });
    await handle.signal('sync', 'now!');
    await handle.signal('synchronise');
    fetching.open();
    await afterSync(environment, name, 2);
    await record('source-messages-during-a-sync', handle);
  });

  test('a message during a check', async () => {
    const { name, handle, calls } = await environment.start({ check: untilCancelled }, { definition: quick });
    await eventually(() => calls.includes('check'), 'it checks');
    await environment.actors.syncNow(name, { wait: true });
    await record('source-message-during-a-check', handle);
  });

  test('a new definition', async () => {
    const { name, handle, definition } = await environment.start({});
    await afterSync(environment, name, 1);
    await environment.actors.configure(definition);
    await environment.actors.configure({ ...definition, filter: { names: { exclude: ['io.example/*'] } } });
    await afterSync(environment, name, 2);
    await record('source-new-definition', handle);
  });

  test('publishing', async () => {
    const { name, handle } = await environment.start(
      {
        write: (requestId) => {
          if (requestId === 'again') throw new RollcallError('EntryExists', 'io.example/a 1.0.0 exists');
          return 1;
        },
      },
      { definition: MANAGED },
    );
    const request = { name: 'io.example/a', version: '1.0.0' };
    await handle.signal('sync');
    await environment.actors.publish(name, { ...request, requestId: 'first' });
    await environment.actors.publish(name, { ...request, requestId: 'again' }).catch(() => undefined);
    await environment.actors.setStatus(name, { ...request, requestId: 'status', status: 'deprecated' });
    await environment.actors.remove(name, { ...request, requestId: 'removal' });
    await record('source-managed', handle);
    await environment.actors.retire(name, 'detach');
    await record('source-managed-detached', handle);
  });

  test('packages, after a sync and after a publish', async () => {
    const synced = await environment.start({ readPackages: () => undefined });
    await afterSync(environment, synced.name, 1);
    await record('sync-with-packages', syncOf(synced.name, 1));
    const reading = environment.temporal.client.workflow.getHandle(packagesWorkflowId(synced.name));
    await reading.result();
    await record('packages', reading);

    const { name, handle, calls } = await environment.start({ readPackages: () => undefined }, { definition: MANAGED });
    await environment.actors.publish(name, { requestId: 'first', name: 'skill:io.example/a', version: '1.0.0' });
    await eventually(() => calls.includes('read packages'), 'the packages are read');
    await record('source-managed-with-packages', handle);
  });

  test('a watch', async () => {
    const change = gate();
    let watches = 0;
    const { name, handle } = await environment.start(
      {
        watch: () => {
          watches += 1;
          if (watches === 1) throw new Error('no more watches are to be had');
          return watches === 2 ? change.passed : untilCancelled();
        },
      },
      { definition: { ...quick, origin: { kind: 'file', location: { path: '/etc/rollcall/servers.json' } } } },
    );
    await eventually(() => watches === 2, 'it is watched');
    await environment.actors.pause(name);
    change.open();
    await environment.actors.resume(name);
    await eventually(() => watches === 3, 'it is watched again');
    await environment.actors.retire(name, 'remove');
    await record('source-watched', handle);
  });

  test('retiring during a sync', async () => {
    const { name, handle, calls } = await environment.start({ fetch: untilCancelled });
    await eventually(() => calls.includes('fetch'), 'it fetches');
    await environment.actors.retire(name, 'remove');
    await handle.result();
    await record('source-retired-during-a-sync', handle);
    await record('sync-cancelled', syncOf(name, 1));
  });

  test('continuing as new', async () => {
    const skipping = await startSkippingEnvironment();
    const { name, handle } = await skipping.start({});
    await afterSync(skipping, name, 1);
    const { runId } = await handle.describe();
    await skipping.temporal.sleep('52 minutes');
    const { workflow } = skipping.temporal.client;
    await record('source-continued-as-new', workflow.getHandle(handle.workflowId, runId));
    await record('source-after-continue-as-new', workflow.getHandle(handle.workflowId));
    await skipping.stop();
  });

  test('housekeeping', async () => {
    const { workflow } = environment.temporal.client;
    const handle = await workflow.start(HOUSEKEEPING_WORKFLOW, { workflowId: 'housekeeping', taskQueue: TASK_QUEUE });
    await handle.result();
    await record('housekeeping', handle);
  });
});
