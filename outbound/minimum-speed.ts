/** The slowest transfer that a sync accepts: an upstream that sends a byte now and then must not keep a fetch open. */
import { RollcallError } from '../registry/failure.ts';

export interface Speed {
  readonly bytesPerSecond: number;
  /** Milliseconds over which the speed is averaged. */
  readonly windowMs: number;
}

/** Far below any working connection; a document of 1 MiB can take four minutes. */
export const MINIMUM_SPEED: Speed = { bytesPerSecond: 4 * 1024, windowMs: 30_000 };

/**
 * Passes bytes on, and fails if a window brings fewer than the minimum. Only the time spent waiting for the upstream counts, not
 * the reader's. The caller's timeout covers an upstream that sends nothing at all.
 * @throws RollcallError `UpstreamUnavailable` with the name of the upstream
 */
export async function* atMinimumSpeed(
  bytes: AsyncIterable<Uint8Array>,
  upstream: string,
  { bytesPerSecond, windowMs }: Speed = MINIMUM_SPEED,
): AsyncGenerator<Uint8Array> {
  const minimum = (bytesPerSecond * windowMs) / 1000;
  let waitedMs = 0;
  let received = 0;
  let since = performance.now();
  for await (const chunk of bytes) {
    waitedMs += performance.now() - since;
    received += chunk.length;
    if (waitedMs >= windowMs) {
      if (received < minimum) throw tooSlow(upstream, bytesPerSecond);
      waitedMs = received = 0;
    }
    yield chunk;
    since = performance.now();
  }
}

function tooSlow(upstream: string, bytesPerSecond: number): RollcallError {
  const what = `${upstream} sends less than ${bytesPerSecond} bytes per second`;
  return new RollcallError('UpstreamUnavailable', `${what}: the download was stopped`);
}
