/** The actor decides on the origin of a sync. Additional members of messages have no effect. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { recordOf } from '../../workflows/source/sync.ts';
import { type ActorEnvironment, afterSync, startLiveEnvironment } from './actor-environment.ts';
import { gitSource, newState } from './source-states.ts';

let environment: ActorEnvironment;
beforeAll(async () => {
  environment = await startLiveEnvironment();
});
afterEach(() => environment.endSources());
afterAll(() => environment?.stop());

test('the record of a sync is about the source of the sync', () => {
  const { source } = newState(gitSource('own'));
  const input = { source, number: 1, trigger: 'timer', requestedBy: 'someone', force: false, full: true } as const;
  const forged = { ...input, sourceName: 'other' };
  const record = { sourceName: 'own', number: 1, trigger: 'timer', requestedBy: 'someone' };
  expect(recordOf(input)).toEqual(record);
  expect(recordOf(forged)).toEqual(record);
});

test('a pending request has no say in the number and source of its sync', async () => {
  const other = newState(gitSource('other')).source;
  const pending = { trigger: 'message', requestedBy: 'someone', number: 70, source: other } as const;
  const { name } = await environment.start({}, { pending });
  const { recentSyncs } = await afterSync(environment, name, 1);
  expect(recentSyncs).toMatchObject([{ number: 1, trigger: 'message', outcome: 'changed' }]);
});
