import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RollcallError } from '../../registry/failure.ts';
import { syncWorkflowId } from '../../workflows/contract/names.ts';
import type { SyncReport } from '../../workflows/contract/syncs.ts';
import { type ActorEnvironment, afterSync, gate, startSkippingEnvironment } from './actor-environment.ts';
import { eventually } from '../eventually.ts';
import { gitSource, MANAGED } from './source-states.ts';

let environment: ActorEnvironment;
beforeAll(async () => {
  environment = await startSkippingEnvironment();
});
afterEach(() => environment.endSources());
afterAll(() => environment?.stop());

/** The reports of all finished syncs, oldest first. */
async function reportsOf(name: string): Promise<SyncReport[]> {
  const { recentSyncs } = await environment.actors.describe(name);
  return recentSyncs.toReversed();
}

describe('cycles', () => {
  test('the first cycle syncs without a check; after that, nothing new costs one check a minute and no sync', async () => {
    const { name, calls } = await environment.start({});
    await afterSync(environment, name, 1);
    await environment.temporal.sleep('10 minutes');
    expect(calls.slice(0, 2)).toEqual(['fetch', 'apply']);
    const checks = calls.slice(2);
    expect(new Set(checks)).toEqual(new Set(['check']));
    expect(checks.length).toBeGreaterThanOrEqual(9);
    expect(checks.length).toBeLessThanOrEqual(11);
    const { cycle, phase, lastCheckedAt } = await environment.actors.describe(name);
    expect({ cycle, phase }).toEqual({ cycle: checks.length + 1, phase: 'idle' });
    expect(lastCheckedAt).toBeDefined();
  });

  test('a check that finds something, and a failing check, lead to a sync', async () => {
    const answers: ('maybe' | Error)[] = ['maybe', new Error('connection reset')];
    const { name, calls } = await environment.start({
      check: () => {
        const answer = answers.shift() ?? 'nothing';
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    await afterSync(environment, name, 1);
    await environment.temporal.sleep('3 minutes');
    expect(calls.slice(0, 8)).toEqual(['fetch', 'apply', 'check', 'fetch', 'apply', 'check', 'fetch', 'apply']);
    expect((await reportsOf(name)).map((report) => report.trigger)).toEqual(['start', 'timer', 'timer']);
  });

  test('an api source fetches everything when a full sync is due, without a check', async () => {
    const day = 24 * 60 * 60_000;
    const { name } = await environment.start(
      {},
      {
        definition: {
          origin: { kind: 'api', endpoint: 'https://registry.example', timeoutMs: 10_000, fullSyncEveryMs: day },
          syncPolicy: { intervalMs: 60 * 60_000, maxRemoval: 0.5, deadlineMs: 60_000 },
        },
      },
    );
    await afterSync(environment, name, 1);
    await environment.temporal.sleep('26 hours');
    const syncs = environment.upstream.syncs.filter((sync) => sync.sourceName === name);
    expect(syncs.map(({ trigger, full }) => ({ trigger, full }))).toEqual([
      { trigger: 'start', full: true },
      { trigger: 'full', full: true },
    ]);
  });

  test('a source without an interval syncs once, and then on request', async () => {
    const { name, calls } = await environment.start(
      {},
      { definition: { syncPolicy: { intervalMs: null, maxRemoval: 0.5, deadlineMs: 60_000 } } },
    );
    const { nextCycleAt } = await afterSync(environment, name, 1);
    expect(nextCycleAt).toBeUndefined();
    await environment.temporal.sleep('30 days');
    expect(calls).toEqual(['fetch', 'apply']);
    await environment.actors.syncNow(name, { wait: true });
    expect(calls).toEqual(['fetch', 'apply', 'fetch', 'apply']);
  });

  test('state survives continue-as-new, and so does a waiting caller', async () => {
    const { name, handle, calls } = await environment.start({}, { cycle: 49, nextSyncNumber: 8 });
    const firstRun = (await handle.describe()).runId;
    const { number } = await environment.actors.syncNow(name, { wait: true });
    await environment.temporal.sleep('60 minutes');
    const description = await environment.actors.describe(name);
    expect((await handle.describe()).runId).not.toBe(firstRun);
    expect(description.cycle).toBeGreaterThan(100);
    expect(description.recentSyncs.map((report) => report.number)).toContain(number);
    expect(calls.filter((call) => call === 'fetch').length).toBe(description.recentSyncs.length);
    const { searchAttributes, memo } = await handle.describe();
    expect(searchAttributes).toMatchObject({ SourceName: [name], SourcePhase: ['idle'], SyncOutcome: ['changed'] });
    expect(memo).toHaveProperty('definition');
  });
});

describe('failures', () => {
  test('are retried after growing waits, at most the interval, and forgotten after a success', async () => {
    let isBroken = true;
    const times: number[] = [];
    const { name, handle } = await environment.start(
      {
        fetch: () => {
          if (isBroken) throw new RollcallError('UpstreamNotFound', 'no branch "release" in the repository');
        },
        check: async () => {
          times.push(await environment.temporal.currentTimeMs());
          return 'maybe' as const;
        },
      },
      { definition: { syncPolicy: { intervalMs: 120_000, maxRemoval: 0.5, deadlineMs: 60_000 } } },
    );
    const { phase, recentSyncs } = await afterSync(environment, name, 1);
    expect(phase).toBe('failing');
    expect(recentSyncs[0]).toMatchObject({
      outcome: 'failed',
      failure: { type: 'UpstreamNotFound', message: 'no branch "release" in the repository' },
    });
    expect((await handle.describe()).searchAttributes).toMatchObject({
      SourcePhase: ['failing'],
      SyncOutcome: ['failed'],
    });

    await environment.temporal.sleep('15 minutes');
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(waits[0]).toBeGreaterThanOrEqual(9_900);
    expect(waits[0]).toBeLessThan(21_000);
    expect(Math.max(...waits)).toBeLessThan(121_000);
    expect(Math.min(...waits.slice(4))).toBeGreaterThan(59_000);

    isBroken = false;
    await environment.temporal.sleep('3 minutes');
    const healed = await environment.actors.describe(name);
    expect(healed).toMatchObject({ phase: 'idle', consecutiveFailures: 0 });
    expect((await handle.describe()).searchAttributes).toMatchObject({ SourcePhase: ['idle'] });
  });

  test('a failing source stays listed as failing while it checks and syncs', async () => {
    const listed: unknown[] = [];
    const note = async (): Promise<void> => {
      listed.push((await handle.describe()).searchAttributes['SourcePhase']);
    };
    const { name, handle } = await environment.start({
      check: async () => (await note(), 'maybe' as const),
      fetch: async () => {
        await note();
        throw new RollcallError('UpstreamNotFound', 'no branch "release" in the repository');
      },
    });
    await afterSync(environment, name, 1);
    await environment.temporal.sleep('5 minutes');
    expect(listed.slice(0, 4)).toEqual([['syncing'], ['failing'], ['failing'], ['failing']]);
  });

  test('an upstream that asks for a pause gets one of that length', async () => {
    const { name } = await environment.start({
      fetch: () => {
        throw new RollcallError('UpstreamRateLimited', 'too many requests', { retryAfterMs: 30 * 60_000 });
      },
    });
    const { recentSyncs, nextCycleAt } = await afterSync(environment, name, 1);
    const wait = Date.parse(nextCycleAt ?? '') - Date.parse(recentSyncs[0]?.endedAt ?? '');
    expect(wait).toBeGreaterThanOrEqual(30 * 60_000 - 1_000);
    expect(wait).toBeLessThan(31 * 60_000);
  });
});

describe('a sync request', () => {
  test('during a sync causes exactly one more, however many there are, which is forced if any of them is', async () => {
    const fetching = gate();
    const { name, handle } = await environment.start({
      fetch: (input) => (input.number === 1 ? fetching.passed : undefined),
    });
    await eventually(() => environment.upstream.syncs.some((sync) => sync.sourceName === name), 'it fetches');
    await handle.signal('sync', { requestedBy: 'ada' });
    await handle.signal('sync', { requestedBy: 'grace', reason: 'a release', force: true });
    await handle.signal('sync');
    const { number } = await environment.actors.syncNow(name, {});
    expect(number).toBe(2);
    fetching.open();
    await afterSync(environment, name, 2);
    await environment.temporal.sleep('30 seconds');
    const syncs = environment.upstream.syncs.filter((sync) => sync.sourceName === name);
    expect(syncs).toHaveLength(2);
    expect(syncs[1]).toMatchObject({ trigger: 'message', requestedBy: 'grace', reason: 'a release', force: true });
  });

  test('by hand with any argument, or for an unknown signal, does no harm', async () => {
    const { name, handle, calls } = await environment.start({});
    await afterSync(environment, name, 1);
    await handle.signal('sync', 'now!');
    await afterSync(environment, name, 2);
    await handle.signal('sync', { requestedBy: { name: 'x' }, reason: 7, force: 'yes' });
    await afterSync(environment, name, 3);
    await handle.signal('synchronise');
    await expect(handle.executeUpdate('explode')).rejects.toThrow('Update failed');
    expect((await environment.actors.describe(name)).phase).toBe('idle');
    expect(calls.filter((call) => call === 'fetch')).toHaveLength(3);
    expect(environment.upstream.syncs.at(-1)).toMatchObject({ force: false });
  });

  test('that waits gets the outcome', async () => {
    const { name } = await environment.start({
      fetch: ({ number }) => {
        if (number === 2) throw new RollcallError('DocumentInvalid', 'line 3: no comma');
      },
    });
    await afterSync(environment, name, 1);
    const answer = await environment.actors.syncNow(name, { wait: true });
    expect(answer).toMatchObject({
      number: 2,
      workflowId: syncWorkflowId(name, 2),
      report: { outcome: 'failed', failure: { type: 'DocumentInvalid', message: 'line 3: no comma' } },
    });
  });
});

describe('pausing', () => {
  test('stops the timer; a message still causes a sync; after resuming, a sync that is due runs', async () => {
    const { name, handle, calls } = await environment.start({});
    await afterSync(environment, name, 1);
    await environment.actors.pause(name);
    await environment.actors.pause(name);
    expect(await environment.actors.describe(name)).toMatchObject({ phase: 'paused', paused: true });
    expect((await handle.describe()).searchAttributes).toMatchObject({ SourcePhase: ['paused'] });
    await environment.temporal.sleep('1 day');
    expect(calls).toEqual(['fetch', 'apply', 'record pause', 'record pause']);

    await handle.signal('sync');
    await afterSync(environment, name, 2);
    await environment.temporal.sleep('1 day');
    expect(calls.slice(4)).toEqual(['fetch', 'apply']);

    await environment.actors.resume(name);
    await environment.actors.resume(name);
    await eventually(() => calls.includes('check'), 'what is due runs');
    expect(await environment.actors.describe(name)).toMatchObject({ phase: 'idle', paused: false });
  });
});

describe('a new definition', () => {
  test('starts a sync; an equal one, with members in any order, changes nothing', async () => {
    const { name, definition, calls } = await environment.start({});
    await afterSync(environment, name, 1);
    const { origin, syncPolicy, ...rest } = definition;
    expect(await environment.actors.configure({ syncPolicy, origin, ...rest })).toEqual({ changed: false });
    const other = { ...definition, filter: { names: { include: ['io.example/*'] } } };
    expect(await environment.actors.configure(other)).toEqual({ changed: true });
    await afterSync(environment, name, 2);
    expect(calls).toEqual(['fetch', 'apply', 'fetch', 'apply']);
    expect(environment.upstream.syncs.at(-1)).toMatchObject({ sourceName: name, trigger: 'definition' });
  });

  test('of another source is refused', async () => {
    const { name, handle } = await environment.start({});
    await afterSync(environment, name, 1);
    await expect(handle.executeUpdate('configure', { args: [gitSource('another')] })).rejects.toMatchObject({
      cause: { type: 'DefinitionInvalid' },
    });
    await expect(handle.executeUpdate('configure', { args: [null] })).rejects.toMatchObject({
      cause: { type: 'DefinitionInvalid' },
    });
  });
});

describe('a managed source', () => {
  test('carries out writes, passes on the reason of a refusal, and never syncs', async () => {
    const { name, handle, calls } = await environment.start(
      {
        write: (requestId) => {
          if (requestId === 'again') throw new RollcallError('EntryExists', 'io.example/a 1.0.0 exists');
          return 1;
        },
      },
      { definition: MANAGED },
    );
    await handle.signal('sync');
    await environment.temporal.sleep('1 day');
    await expect(environment.actors.syncNow(name, {})).rejects.toMatchObject({ type: 'SourceManaged' });
    const request = { name: 'io.example/a', version: '1.0.0' };
    expect(await environment.actors.publish(name, { ...request, requestId: 'first' })).toEqual({ entries: 1 });
    await expect(environment.actors.publish(name, { ...request, requestId: 'again' })).rejects.toMatchObject({
      type: 'EntryExists',
      message: 'io.example/a 1.0.0 exists',
    });
    await environment.actors.setStatus(name, { ...request, requestId: 'status', status: 'deprecated' });
    await environment.actors.remove(name, { ...request, requestId: 'removal' });
    expect(calls).toEqual(['write first', 'write again', 'write status', 'write removal']);
  });

  test('asks Postgres about a repeated request, and answers nothing from memory', async () => {
    const { name, calls } = await environment.start({}, { definition: MANAGED });
    const request = { requestId: 'once', name: 'io.example/a', version: '1.0.0' };
    await environment.actors.publish(name, request);
    await environment.actors.publish(name, request);
    expect(calls).toEqual(['write once', 'write once']);
  });

  test('can be asked again after Postgres was unavailable', async () => {
    let isAway = true;
    const { name } = await environment.start(
      {
        write: () => {
          if (isAway) throw new Error('connection refused');
          return 1;
        },
      },
      { definition: MANAGED },
    );
    const request = { requestId: 'patient', name: 'io.example/a', version: '1.0.0' };
    const first = environment.actors.publish(name, request).catch((error: unknown) => error);
    // The write is retried for a minute, and once more.
    for (let minute = 0; minute < 4; minute += 1) await environment.temporal.sleep('1 minute');
    expect(await first).toMatchObject({ message: expect.stringContaining('connection refused') });
    isAway = false;
    expect(await environment.actors.publish(name, request)).toEqual({ entries: 1 });
  });

  test('is the only kind that accepts writes', async () => {
    const { name, calls } = await environment.start({});
    await afterSync(environment, name, 1);
    await expect(
      environment.actors.publish(name, { requestId: '1', name: 'io.example/a', version: '1.0.0' }),
    ).rejects.toMatchObject({ type: 'SourceNotManaged' });
    expect(calls).not.toContain('write 1');
  });
});

describe('retiring', () => {
  test('of a managed source can keep the entries', async () => {
    const { name, handle, calls } = await environment.start({}, { definition: MANAGED });
    await environment.actors.retire(name, 'detach');
    await handle.result();
    expect(calls).toEqual(['retire detach']);
  });
});
