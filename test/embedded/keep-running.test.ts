import { afterEach, expect, test, vi } from 'vitest';
import { keepRunning, type Running, Unrecoverable } from '../../embedded/keep-running.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Something that the test can end. */
function mortal(): Running & { die(): void } {
  let die = (): void => undefined;
  const ended = new Promise<string>((resolve) => (die = () => resolve('killed by SIGKILL')));
  return { ended, die, stop: async () => die() };
}

test('something that ends is restarted, even if a start fails in between', async () => {
  const lives: ReturnType<typeof mortal>[] = [];
  const messages: string[] = [];
  const warnings: string[] = [];
  let failNextStart = false;
  const kept = await keepRunning({
    name: 'It',
    onMessage: (message, level) => (level === 'warn' ? warnings : messages).push(message),
    start: async () => {
      if (failNextStart) {
        failNextStart = false;
        throw new Error('no memory');
      }
      const life = mortal();
      lives.push(life);
      return life;
    },
  });
  failNextStart = true;
  lives[0]?.die();
  await expect.poll(() => messages, { timeout: 5_000 }).toContain('It runs again');
  expect(warnings).toEqual([
    'It ended unexpectedly (killed by SIGKILL); starting it again',
    'no memory',
    'It did not start; trying again',
  ]);
  expect(lives).toHaveLength(2);
  await kept.stop();
  await lives[1]?.ended;
});

test('something that is stopped stays stopped', async () => {
  let starts = 0;
  const messages: string[] = [];
  const kept = await keepRunning({
    name: 'It',
    onMessage: (message) => messages.push(message),
    start: async () => {
      starts++;
      return mortal();
    },
  });
  await kept.stop();
  expect({ starts, messages }).toEqual({ starts: 1, messages: [] });
});

test('the failure of the first start is thrown', async () => {
  const start = async (): Promise<Running> => {
    throw new Error('no such program');
  };
  await expect(keepRunning({ name: 'It', onMessage: () => undefined, start })).rejects.toThrow('no such program');
});

test('something that can’t be restarted is reported, and not retried endlessly', async () => {
  let starts = 0;
  const life = mortal();
  const kept = await keepRunning({
    name: 'It',
    onMessage: () => undefined,
    start: async () => {
      starts++;
      if (starts > 1) throw new Unrecoverable('its files are gone');
      return life;
    },
  });
  life.die();
  expect((await kept.lost).message).toBe('its files are gone');
  expect(starts).toBe(2);
  await kept.stop();
});

test('something that ran for long and can’t be started again is tried less and less often', async () => {
  vi.useFakeTimers({ fakeNodeBuiltins: true });
  const life = mortal();
  const attempts: number[] = [];
  const kept = await keepRunning({
    name: 'It',
    onMessage: () => undefined,
    start: async () => {
      attempts.push(Date.now());
      if (attempts.length > 1) throw new Error('its port is in use');
      return life;
    },
  });
  await vi.advanceTimersByTimeAsync(3_600_000);
  const endedAt = Date.now();
  life.die();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(attempts.slice(1).map((at) => at - endedAt)).toEqual([250, 750, 1_750, 3_750, 7_750, 15_750, 25_750]);
  await kept.stop();
});
