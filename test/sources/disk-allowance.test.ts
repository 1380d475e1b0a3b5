/** The disk space of all fetches of a process: large ones take turns, small ones never wait for them. */
import { expect, test } from 'vitest';
import { DiskAllowanceExceeded, fetchToDisk } from '../../sources/disk-allowance.ts';
import { eventually } from '../eventually.ts';

const MEBIBYTE = 1024 * 1024;
const LARGE_FETCHES = 4;
const { signal } = new AbortController();

/** A fetch of this size that runs until it is ended. */
function startFetch(bytes: number) {
  const started: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = fetchToDisk(signal, async (maxBytes) => {
    if (bytes > maxBytes) throw new DiskAllowanceExceeded('DefinitionInvalid', `more than ${maxBytes} bytes`);
    started.push(maxBytes);
    await promise;
    return bytes;
  });
  return { started, end: resolve, ended };
}

test('large fetches take turns in order of arrival, and small ones never wait', async () => {
  const large = Array.from({ length: LARGE_FETCHES + 2 }, () => startFetch(100 * MEBIBYTE));
  const running = (): number => large.filter(({ started }) => started.length > 0).length;
  await eventually(() => running() === LARGE_FETCHES, 'the first large fetches run');
  const small = startFetch(MEBIBYTE);
  small.end();
  await expect(small.ended).resolves.toBe(MEBIBYTE);
  expect(running()).toBe(LARGE_FETCHES);
  large[0]!.end();
  await eventually(() => large[LARGE_FETCHES]!.started.length > 0, 'the next large fetch runs');
  expect(large.at(-1)!.started).toEqual([]);
  for (const { end } of large) end();
  await expect(Promise.all(large.map(({ ended }) => ended))).resolves.toHaveLength(large.length);
});

test('a fetch that exceeds the large allowance fails and frees its place', async () => {
  for (let count = 0; count <= LARGE_FETCHES; count += 1) {
    await expect(startFetch(2000 * MEBIBYTE).ended).rejects.toThrow(`more than ${1024 * MEBIBYTE} bytes`);
  }
});

test('a cancelled fetch leaves the queue', async () => {
  const large = Array.from({ length: LARGE_FETCHES }, () => startFetch(100 * MEBIBYTE));
  await eventually(() => large.every(({ started }) => started.length > 0), 'all places are taken');
  const cancelling = new AbortController();
  const waiting = fetchToDisk(cancelling.signal, async () => {
    throw new DiskAllowanceExceeded('DefinitionInvalid', 'too much');
  });
  cancelling.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  for (const { end, ended } of large) {
    end();
    await ended;
  }
});
