/** Started by `load.ts` if wrk is missing. Takes a `Load` as JSON in its argument and prints the result. */
import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import type { Load } from './load.ts';

interface LoadFromFile extends Omit<Load, 'paths'> {
  /** A file with one path per line. */
  readonly paths: string;
}

const { origin, connections, seconds, headers, once, ...load } = JSON.parse(process.argv[2]!) as LoadFromFile;
const paths = (await readFile(load.paths, 'utf8')).trimEnd().split('\n');
let clients = 0;
let startedAt = 0;
let endedAt = 0;
const running = autocannon(
  {
    url: origin,
    connections,
    duration: seconds,
    ...(headers && { headers }),
    ...(once === true && { maxOverallRequests: paths.length }),
    // With `requests` every connection would ask for all paths, and the first connections would time out while the requests of
    // the last ones are still being made.
    setupClient: (client) => client.setRequests(pathsOf(clients++).map((path) => ({ method: 'GET', path }))),
  },
  (error: Error | null, { requests, latency, errors, ...statuses }) => {
    if (error !== null) throw error;
    const result = {
      requestsPerSecond: (requests.total * 1000) / (endedAt - startedAt),
      p50Ms: latency.p50,
      p99Ms: latency.p99,
      requests: requests.total,
      // Timeouts are counted as errors.
      failures: errors + statuses['4xx'] + statuses['5xx'],
    };
    process.stdout.write(JSON.stringify(result));
  },
);
running.on('start', () => (startedAt = performance.now()));
running.on('response', () => (endedAt = performance.now()));

/** Every n-th path; with fewer paths than connections, one of them. */
function pathsOf(client: number): string[] {
  const first = client % Math.min(paths.length, connections);
  return paths.filter((_, index) => index % connections === first);
}
