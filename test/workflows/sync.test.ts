import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RollcallError } from '../../registry/failure.ts';
import { syncWorkflowId } from '../../workflows/contract/names.ts';
import { type ActorEnvironment, afterSync, startLiveEnvironment } from './actor-environment.ts';
import { eventually } from '../eventually.ts';
import { untilCancelled } from './scripted-upstream.ts';

let environment: ActorEnvironment;
beforeAll(async () => {
  environment = await startLiveEnvironment();
});
afterEach(() => environment.endSources());
afterAll(() => environment?.stop());

const firstSyncOf = (name: string): WorkflowHandle =>
  environment.temporal.client.workflow.getHandle(syncWorkflowId(name, 1));

test('its page says what started it and how it ended', async () => {
  const { name } = await environment.start({});
  await afterSync(environment, name, 1);
  const description = await firstSyncOf(name).describe();
  expect(description.status.name).toBe('COMPLETED');
  expect(description.searchAttributes).toMatchObject({
    SourceName: [name],
    SourceKind: ['git'],
    SyncTrigger: ['start'],
    SyncOutcome: ['changed'],
  });
  expect(await description.staticSummary()).toBe(`Sync 1 of ${name}, started by: start`);
});

test('its page names what it changed and rejected, and its actor doesn’t keep that', async () => {
  const { name } = await environment.start({});
  const { recentSyncs } = await afterSync(environment, name, 1);
  const details = await detailsOf(firstSyncOf(name));
  expect(details).toContain('### Added\n\n- `com.example/new 1.0.0`\n- and 1 more');
  expect(details).toContain('### Rejected\n\n- `com.example/bad` (`line 3, column 5`): `version is missing`');
  expect(Object.keys(recentSyncs[0]!)).not.toContain('listing');
  expect((await firstSyncOf(name).result()) as object).not.toHaveProperty('listing');

  const failing = await environment.start({
    apply: () => {
      throw new RollcallError('RemovalGuard', 'it would remove 90 of 100 entries');
    },
  });
  await afterSync(environment, failing.name, 1);
  expect(await detailsOf(firstSyncOf(failing.name))).toBe(
    '**failed**: RemovalGuard\n\nit would remove 90 of 100 entries\n\n### Rejected\n\n- `com.example/bad` (`line 3, column 5`): `version is missing`',
  );
});

test('a temporary failure is retried, with the record still open', async () => {
  const { name, calls } = await environment.start({
    fetch: (_, attempt) => {
      if (attempt < 3) throw new RollcallError('UpstreamUnavailable', 'connection refused', { retryAfterMs: 10 });
    },
  });
  const { recentSyncs } = await afterSync(environment, name, 1);
  expect(recentSyncs[0]?.outcome).toBe('changed');
  expect(calls).toEqual(['fetch', 'fetch', 'fetch', 'apply']);
});

test('a permanent failure ends it at once: red, with its cause, and recorded', async () => {
  const { name, calls } = await environment.start({
    apply: () => {
      throw new RollcallError('RemovalGuard', 'it would remove 90 of 100 entries');
    },
  });
  await afterSync(environment, name, 1);
  expect(calls).toEqual(['fetch', 'apply', 'record failed']);
  expect(environment.upstream.recordedFailures.at(-1)).toMatchObject({
    outcome: 'failed',
    failure: { type: 'RemovalGuard', message: 'it would remove 90 of 100 entries' },
  });
  const failure = await failureOf(firstSyncOf(name));
  expect(failure.cause).toMatchObject({ type: 'RemovalGuard', message: 'it would remove 90 of 100 entries' });
  const { status, searchAttributes } = await firstSyncOf(name).describe();
  expect(status.name).toBe('FAILED');
  expect(searchAttributes).toMatchObject({ SyncOutcome: ['failed'] });
});

test('a fetch that exceeds its deadline is neither awaited nor retried', async () => {
  const { name, calls } = await environment.start(
    { fetch: untilCancelled },
    { definition: { syncPolicy: { intervalMs: 60_000, maxRemoval: 0.5, deadlineMs: 500 } } },
  );
  const { recentSyncs } = await afterSync(environment, name, 1);
  expect(recentSyncs[0]).toMatchObject({
    outcome: 'failed',
    failure: {
      type: 'UpstreamUnavailable',
      message: 'the fetch took longer than syncPolicy.deadline (0.5 s): raise it, or narrow the source',
    },
  });
  expect(calls).toEqual(['fetch', 'record failed']);
});

test('a snapshot lost in a crash of Postgres is fetched again, but not endlessly', async () => {
  let losses = 1;
  const lose = (): 'changed' => {
    losses -= 1;
    if (losses >= 0) throw new RollcallError('SnapshotLost', 'chunk 1 of 3 is not there any more');
    return 'changed';
  };
  const once = await environment.start({ apply: lose });
  await afterSync(environment, once.name, 1);
  expect(once.calls).toEqual(['fetch', 'apply', 'fetch', 'apply']);

  losses = 100;
  const always = await environment.start({ apply: lose });
  const { recentSyncs } = await afterSync(environment, always.name, 1);
  expect(recentSyncs[0]?.failure?.type).toBe('SnapshotLost');
  expect(always.calls.filter((call) => call === 'fetch')).toHaveLength(3);
});

test('when cancelled in the Web UI, it still closes its record, even while Postgres restarts', async () => {
  const { name, calls } = await environment.start({
    fetch: untilCancelled,
    recordFailure: (attempt) => {
      if (attempt === 1) throw new Error('the database system is starting up');
    },
  });
  await eventually(() => calls.includes('fetch'), 'it fetches');
  await firstSyncOf(name).cancel();
  await afterSync(environment, name, 1);
  expect(calls).toEqual(['fetch', 'record cancelled', 'record cancelled']);
  expect((await firstSyncOf(name).describe()).status.name).toBe('CANCELLED');
});

async function detailsOf(workflow: WorkflowHandle): Promise<string | undefined> {
  const metadata = await workflow.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

async function failureOf(sync: WorkflowHandle): Promise<WorkflowFailedError> {
  const error: unknown = await sync.result().catch((reason: unknown) => reason);
  if (!(error instanceof WorkflowFailedError)) throw new Error('The sync did not fail');
  return error;
}
