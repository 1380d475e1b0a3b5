/** The process that `paced-load.ts` starts. */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { PacedLoad, PacedResult } from './paced-load.ts';
import { percentile } from './sample.ts';

/** This process is slow itself at first. */
const WARM_UP_SECONDS = 1;

const stop = new AbortController();
process.send?.('ready');
// Whoever wants to know the times is gone.
process.once('disconnect', () => process.exit());
process.on('message', (message: PacedLoad | 'stop') => {
  if (message === 'stop') stop.abort();
  else
    void run(message).then(
      (result) => process.send?.(result),
      (error: unknown) => process.send?.({ failure: String(error) }),
    );
});

async function run({ origin, paths, requestsPerSecond }: PacedLoad): Promise<PacedResult> {
  const pool = new Pool(origin, { connections: 64 });
  const times: number[] = [];
  const underWay = new Set<Promise<void>>();
  const start = performance.now();
  for (let request = 0; !stop.signal.aborted; request += 1) {
    const due = start + (request * 1000) / requestsPerSecond;
    const wait = due - performance.now();
    if (wait > 0) await delay(wait);
    const isCounted = request >= requestsPerSecond * WARM_UP_SECONDS;
    const answered = ask(pool, paths[request % paths.length]!).then(() => {
      if (isCounted) times.push(performance.now() - due);
      underWay.delete(answered);
    });
    underWay.add(answered);
  }
  await Promise.all(underWay);
  await pool.close();
  return { p99Ms: percentile(times, 0.99) };
}

async function ask(pool: Pool, path: string): Promise<void> {
  const { statusCode, body } = await pool.request({ method: 'GET', path });
  await body.dump();
  if (statusCode !== 200) throw new Error(`${path} was answered with ${statusCode}`);
}
