import { getEventListeners } from 'node:events';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RegistryKey, WakeReason } from '../../workflows/contract/registry.ts';
import { WakeQueue } from '../../worker/operator/wake-queue.ts';

let wakes: string[];
let refusals: number;
let stopping: AbortController;
let queue: WakeQueue;
let running: Promise<void>;

beforeEach(() => {
  wakes = [];
  refusals = 0;
  stopping = new AbortController();
  const wake = (key: RegistryKey, reason: WakeReason): Promise<void> => {
    if (refusals-- > 0) return Promise.reject(new Error('Temporal is unavailable'));
    wakes.push(`${key.name}: ${reason}`);
    return Promise.resolve();
  };
  queue = new WakeQueue({ wake, logger: pino({ level: 'silent' }), signal: stopping.signal });
  running = queue.run();
});
afterEach(async () => {
  stopping.abort();
  await running;
});

const resource = (name: string): RegistryKey => ({ namespace: 'team-a', name });

test('changes in quick succession wake a resource once, for its own change if there was one', async () => {
  queue.add(resource('one'), 'object');
  queue.add(resource('one'), 'resource');
  queue.add(resource('one'), 'reference');
  queue.add(resource('two'), 'reference');
  queue.add(resource('two'), 'object');
  await expect.poll(() => wakes).toEqual(['one: resource', 'two: object']);
});

test('what Temporal refuses is sent again', async () => {
  refusals = 1;
  queue.add(resource('one'), 'object');
  await expect.poll(() => wakes).toEqual(['one: object']);
});

test('waiting for changes again and again leaves nothing behind', async () => {
  queue.add(resource('one'), 'object');
  await expect.poll(() => wakes).toHaveLength(1);
  const before = getEventListeners(stopping.signal, 'abort').length;
  queue.add(resource('one'), 'object');
  await expect.poll(() => wakes).toHaveLength(2);
  expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(before);
});
