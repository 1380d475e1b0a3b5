import { expect, test } from 'vitest';
import { withProgress } from '../../activities/progress.ts';
import { activityEnvironment } from './source-under-test.ts';

test('work without progress still sends heartbeats, with the last report', async () => {
  const environment = activityEnvironment();
  const heartbeats: unknown[] = [];
  const silent = Promise.withResolvers<void>();
  environment.on('heartbeat', (details: unknown) => {
    heartbeats.push(details);
    // One was reported. A lost worker must be distinguishable from a busy one, so there must be others.
    if (heartbeats.length === 3) silent.resolve();
  });
  await environment.run(() =>
    withProgress(async (progress) => {
      progress.report({ entries: 7, step: 'applying' });
      await silent.promise;
    }),
  );
  expect(heartbeats).toEqual(Array.from({ length: 3 }, () => ({ entries: 7, step: 'applying' })));
}, 60_000);
