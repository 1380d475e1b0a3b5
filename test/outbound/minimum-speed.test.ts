import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atMinimumSpeed } from '../../outbound/minimum-speed.ts';

const WINDOW = { bytesPerSecond: 1_000, windowMs: 50 };

async function* trickle(bytesAtOnce: number, waitMs: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 100; sent += 1) {
    await delay(waitMs);
    yield new Uint8Array(bytesAtOnce);
  }
}

async function read(bytes: AsyncIterable<Uint8Array>, pauseMs = 0): Promise<number> {
  let total = 0;
  for await (const chunk of atMinimumSpeed(bytes, 'https://example.com/x', WINDOW)) {
    total += chunk.length;
    if (pauseMs > 0) await delay(pauseMs);
  }
  return total;
}

test('a very slow download is stopped, and the message names its upstream', async () => {
  await expect(read(trickle(1, 5))).rejects.toMatchObject({
    type: 'UpstreamUnavailable',
    message: expect.stringContaining('https://example.com/x sends less than 1000 bytes per second'),
  });
});

test('a download at a normal speed is read to its end', async () => {
  expect(await read(trickle(100_000, 1))).toBe(10_000_000);
});

test('the reader’s own time does not count', async () => {
  async function* atOnce(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < 20; sent += 1) yield new Uint8Array(1);
  }
  expect(await read(atOnce(), 10)).toBe(20);
});
