import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Overloaded, Turns } from '../../pacing/turns.ts';

test('waiting work starts in the order of arrival, as many at a time as allowed, in total and per key', async () => {
  const turns = new Turns({ count: 2, perKey: 1 });
  const started: string[] = [];
  const works = ['a1', 'a2', 'b1', 'b2'].map((name) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const take = turns.take(
      async () => {
        started.push(name);
        await promise;
      },
      { key: name.slice(0, 1) },
    );
    return { take, end: resolve };
  });
  await nextTick();
  expect(started).toEqual(['a1', 'b1']);
  works[2]?.end();
  await works[2]?.take;
  await nextTick();
  expect(started).toEqual(['a1', 'b1', 'b2']);
  for (const { end } of works) end();
  await Promise.all(works.map(({ take }) => take));
  expect(started).toEqual(['a1', 'b1', 'b2', 'a2']);
});

test('work that gives up waiting while other work ends leaves its turn to the next one', async () => {
  const turns = new Turns({ count: 1 });
  const first = Promise.withResolvers<void>();
  const running = turns.take(() => first.promise);
  const controller = new AbortController();
  const waiting = turns.take(() => Promise.resolve('never'), { signal: controller.signal });
  first.resolve();
  controller.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  await running;
  expect(await turns.take(() => Promise.resolve('next'))).toBe('next');
});

test('work is refused if too much is waiting, or if it waits for too long', async () => {
  const turns = new Turns({ count: 1, maxWaiting: 1, maxWaitMs: 5 });
  const first = Promise.withResolvers<void>();
  const running = turns.take(() => first.promise);
  const waiting = turns.take(() => Promise.resolve('never'));
  await expect(turns.take(() => Promise.resolve('never'))).rejects.toThrow(Overloaded);
  await expect(waiting).rejects.toThrow("It wasn't this request's turn within 5 ms");
  first.resolve();
  await running;
  expect(await turns.take(() => Promise.resolve('next'))).toBe('next');
});
