/** Started by `load.ts` if wrk is missing. Takes a `Load` as JSON in its argument and prints the result. */
import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import type { Load } from './load.ts';

interface LoadFromFile extends Omit<Load, 'paths'> {
  /** A file with one path per line. */
  readonly paths: string;
}

const load = JSON.parse(process.argv[2]!) as LoadFromFile;
const paths = (await readFile(load.paths, 'utf8')).trimEnd().split('\n');
const result = await autocannon({
  url: load.origin,
  connections: load.connections,
  duration: load.seconds,
  ...(load.headers === undefined ? {} : { headers: load.headers }),
  requests: paths.map((path) => ({ method: 'GET', path })),
});
const { requests, latency, errors, timeouts } = result;
const failures = errors + timeouts + result['4xx'] + result['5xx'];
process.stdout.write(
  JSON.stringify({
    requestsPerSecond: requests.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    requests: requests.total,
    failures,
  }),
);
