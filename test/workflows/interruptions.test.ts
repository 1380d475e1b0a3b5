import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { syncWorkflowId } from '../../workflows/contract/names.ts';
import { type ActorEnvironment, afterSync, gate, startLiveEnvironment } from './actor-environment.ts';
import { eventually } from '../eventually.ts';
import { untilCancelled } from './scripted-upstream.ts';

let environment: ActorEnvironment;
beforeAll(async () => {
  environment = await startLiveEnvironment();
});
afterEach(() => environment.endSources());
afterAll(() => environment?.stop());

describe('interrupting', () => {
  test('a sync that is terminated in the Web UI counts as a failure and its record is closed; a cancelled one doesn’t', async () => {
    const { name } = await environment.start({ fetch: untilCancelled });
    const syncs = environment.temporal.client.workflow;
    const isSyncing = async (number: number): Promise<boolean> =>
      environment.upstream.syncs.some((sync) => sync.sourceName === name && sync.number === number);
    await eventually(() => isSyncing(1), 'the first sync fetches');
    await syncs.getHandle(syncWorkflowId(name, 1)).terminate('it seemed to hang');
    const terminated = await afterSync(environment, name, 1);
    expect(terminated.recentSyncs[0]).toMatchObject({ outcome: 'failed', failure: { message: 'terminated manually' } });
    expect(environment.upstream.recordedFailures).toContainEqual(
      expect.objectContaining({ number: 1, outcome: 'failed', sourceName: name }),
    );

    await environment.actors.syncNow(name, {});
    await eventually(() => isSyncing(2), 'the second sync fetches');
    await syncs.getHandle(syncWorkflowId(name, 2)).cancel();
    const cancelled = await afterSync(environment, name, 2);
    expect(cancelled.recentSyncs[0]?.outcome).toBe('cancelled');
    expect(cancelled.consecutiveFailures).toBe(1);
  });
  test('during a check: the check’s answer is not waited for', async () => {
    const { name, calls } = await environment.start(
      { check: untilCancelled },
      { definition: { syncPolicy: { intervalMs: 100, maxRemoval: 0.5, deadlineMs: 60_000 } } },
    );
    await afterSync(environment, name, 1);
    await eventually(() => calls.includes('check'), 'it checks');
    const { report } = await environment.actors.syncNow(name, { wait: true, requestedBy: 'ada' });
    expect(report).toMatchObject({ number: expect.any(Number), outcome: 'changed' });
  });

  test('cancels running work, waits for its record, removes the entries, and ends', async () => {
    const { name, handle, calls } = await environment.start({ fetch: untilCancelled });
    await eventually(() => calls.includes('fetch'), 'it fetches');
    const waiting = environment.actors.syncNow(name, { wait: true }).catch((error: unknown) => error);
    await environment.actors.retire(name, 'remove');
    await handle.result();
    expect(calls).toEqual(['fetch', 'record cancelled', 'retire remove']);
    expect(await waiting).toMatchObject({ type: 'SourceRetiring' });
    await expect(environment.actors.describe(name)).rejects.toMatchObject({ type: 'SourceNotFound' });
    await expect(environment.actors.pause(name)).rejects.toMatchObject({ type: 'SourceNotFound' });
    const { status } = await handle.describe();
    expect(status.name).toBe('COMPLETED');
  });
});

test('continue-as-new waits for a message that is being handled', async () => {
  const recording = gate();
  const { name, handle, calls } = await environment.start(
    { recordPause: () => recording.passed },
    { definition: { syncPolicy: { intervalMs: 10, maxRemoval: 0.5, deadlineMs: 60_000 } } },
  );
  const { runId } = await handle.describe();
  const resumed = handle.executeUpdate('resume').catch((error: unknown) => error);
  await eventually(() => calls.includes('record resume'), 'the message is being answered');
  // Each request for a sync begins a cycle. After fifty cycles the next run would begin.
  const nextCycle = async (): Promise<number> => {
    await environment.actors.syncNow(name, {});
    return (await environment.actors.describe(name)).cycle;
  };
  await expect.poll(nextCycle, { timeout: 60_000, interval: 1 }).toBeGreaterThan(51);
  expect((await handle.describe()).runId).toBe(runId);
  recording.open();
  expect(await resumed).toEqual({ paused: false });
  await eventually(async () => (await handle.describe()).runId !== runId, 'it continues as new');
}, 90_000);

describe('watching a file', () => {
  const fileSource = {
    origin: { kind: 'file', location: { path: '/etc/rollcall/servers.json' } },
    syncPolicy: { intervalMs: 3_600_000, maxRemoval: 0.5, deadlineMs: 60_000 },
  } as const;

  test('wakes the source, which then checks; the watch continues afterwards', async () => {
    const changes = [gate(), gate()];
    let watches = 0;
    const { name, calls } = await environment.start(
      {
        watch: () => {
          watches += 1;
          return changes[watches - 1]?.passed ?? untilCancelled();
        },
        check: () => 'maybe',
      },
      { definition: fileSource },
    );
    await afterSync(environment, name, 1);
    changes[0]?.open();
    await afterSync(environment, name, 2);
    changes[1]?.open();
    await afterSync(environment, name, 3);
    expect((await environment.actors.describe(name)).recentSyncs.map((report) => report.trigger)).toEqual([
      'watch',
      'watch',
      'start',
    ]);
    await eventually(() => watches === 3, 'a third watch begins');
    expect(calls.filter((call) => call === 'check')).toHaveLength(2);
  });

  test('a failing watch doesn’t affect the source', async () => {
    const { name, calls } = await environment.start(
      {
        watch: () => {
          throw new Error('no more watches are to be had');
        },
      },
      { definition: fileSource },
    );
    await afterSync(environment, name, 1);
    await eventually(() => calls.filter((call) => call === 'watch').length === 2, 'it is tried again');
    expect(await environment.actors.describe(name)).toMatchObject({ phase: 'idle', consecutiveFailures: 0 });
  });
});
