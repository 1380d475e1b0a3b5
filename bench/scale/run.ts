/**
 * Proves that an installation with replicas on a real Temporal server loses nothing: see docs/scaling.md.
 *
 * npm run scale -- [--sources 1000] [--entries 100000] [--interval 60] [--only priority] [--keep]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ENTRIES, Upstream } from '../../test/campaign/upstream.ts';
import { peakResidentMiB, processorSeconds } from '../process-memory.ts';
import { Cluster } from './cluster.ts';
import { startReads, startTraffic, writePaths } from './load.ts';
import { killEachInTurn, manualSyncsAmongTimers, untilSynced, upgrade } from './phases.ts';
import { Upstreams } from './upstreams.ts';

const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1000' },
    entries: { type: 'string', default: '100000' },
    interval: { type: 'string', default: '60' },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
if (values.only !== undefined && values.only !== 'priority')
  throw new Error(`--only ${values.only}: use --only priority`);
const options = {
  sources: Number(values.sources),
  entries: Number(values.entries),
  intervalSeconds: Number(values.interval),
};

const CAPACITY_MS = 10_000;
const STEADY_MS = 20_000;
const MOST_SECONDS_TO_MANUAL_SYNC = 2;
/** A failed read this long after the kill of an api was on one of its connections. */
const KILLED_CONNECTIONS_MS = 3_000;

interface Line {
  readonly what: string;
  readonly seen: string;
  /** Absent: a figure without a goal. */
  readonly passed?: boolean;
}

const begin = Date.now();
const lines: Line[] = [];
const say = (message: string): void =>
  console.log(`${((Date.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${message}`);

const folder = await mkdtemp(join(tmpdir(), 'rollcall-scale-'));
const upstreams = await Upstreams.start(options.sources, options.entries);
const states = await Upstream.start();
let cluster: Cluster | undefined;
try {
  cluster = await start();
  await prove(cluster);
} finally {
  await cluster?.stop();
  upstreams.stop();
  states.stop();
  print();
  if (values.keep) console.log(`Logs and data: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
process.exit(lines.every(({ passed }) => passed !== false) && lines.length > 0 ? 0 : 1);

async function start(): Promise<Cluster> {
  say('start PostgreSQL, Temporal, nginx, 2 apis, and 3 workers');
  const interval = `${options.intervalSeconds}s`;
  const sources = upstreams.sources.map(({ name, url }) => ({ name, file: { url }, syncPolicy: { interval } }));
  return await Cluster.start(folder, {
    apis: 2,
    workers: 3,
    sources: [
      { name: 'published', managed: {} },
      { name: 'states', file: { url: states.url }, syncPolicy: { interval: '3s' } },
      ...sources,
    ],
    registries: [
      { name: 'all', sources: ['published', ...sources.map(({ name }) => name)] },
      { name: 'states', sources: ['states'] },
    ],
  });
}

async function prove(running: Cluster): Promise<void> {
  say((await running.setCurrentVersion()).trim());
  const syncedFrom = Date.now();
  await untilSynced(running, options.sources + 1, say);
  figure('first sync of all sources', `${seconds(Date.now() - syncedFrom)} s`);
  if (values.only === 'priority') return await checkPriority(running);
  const pathsFile = await writePaths(running, folder);
  const stopReads = startReads(running, pathsFile, 0);
  await delay(CAPACITY_MS);
  const { reads, seconds: took } = await stopReads();
  const capacity = Math.round(reads / took);
  figure('capacity: reads per second through nginx', String(capacity));

  const traffic = startTraffic(running, { upstream: states, pathsFile, readsPerSecond: Math.round(capacity / 2) });
  say(`reads at ${Math.round(capacity / 2)} per second, one publish per second`);
  await observe(running);
  const apiKills = await killEachInTurn(running, say);
  const upgraded = await upgrade(running, '2.0.0', say);
  figure('rolling upgrade of all processes', `${upgraded.toFixed(0)} s`);
  await checkPriority(running).catch((error: Error) => check('manual syncs among timers', error.message, false));
  await untilDrained();
  const report = await traffic.stop();

  const onKilled = report.failures.filter(({ at }) =>
    apiKills.some((killed) => at >= killed && at < killed + KILLED_CONNECTIONS_MS),
  );
  const others = report.failures.filter((failure) => !onKilled.includes(failure));
  for (const { at, message } of others.slice(0, 10)) say(`  failed read at ${seconds(at - begin)} s: ${message}`);
  figure(
    'reads during all of this, including restarts and the upgrade: p50 and p99, no goal',
    `${report.reads}; ${report.p50Ms.toFixed(1)} ms, ${report.p99Ms.toFixed(1)} ms`,
  );
  figure('failed reads on connections of a killed api', String(onKilled.length));
  check('other failed reads', String(others.length), others.length === 0);
  const { publishes, publisher, reader } = traffic;
  figure('publishes', `${publishes.count}; slowest ${seconds(publishes.slowestMs)} s`);
  figure(
    'publishes that no api confirmed within a minute, which the client must repeat; not lost, and expected if workers are frozen',
    `${publishes.unconfirmed} of ${publishes.count}`,
  );
  const lost = await publisher.findViolations();
  for (const violation of lost.slice(0, 10)) say(`  ${violation}`);
  check('publishes lost or doubled', String(lost.length), lost.length === 0);
  const halves = reader.takeViolations();
  for (const violation of halves.slice(0, 10)) say(`  ${violation}`);
  check('answers with half a sync', String(halves.length), halves.length === 0);
  await checkDatabase(running);
}

async function checkPriority(running: Cluster): Promise<void> {
  const { intervalSeconds } = options;
  const { queued, needed, starts } = await manualSyncsAmongTimers(running, upstreams, { intervalSeconds, say });
  check(`tasks of timers queued at the time of the manual syncs, at least ${needed}`, String(queued), queued >= needed);
  const inSeconds = (times: readonly number[]): string => times.map((time) => (time / 1000).toFixed(2)).join(', ');
  const afterResume = starts.map(({ afterResumeMs }) => afterResumeMs);
  check(
    `manual syncs start within ${MOST_SECONDS_TO_MANUAL_SYNC} s after the frozen workers go on`,
    `${inSeconds(afterResume)} s`,
    Math.max(...afterResume) <= MOST_SECONDS_TO_MANUAL_SYNC * 1000,
  );
  figure('the same, since the request', `${inSeconds(starts.map(({ afterRequestMs }) => afterRequestMs))} s`);
}

/** What the processes use without disturbance. */
async function observe(running: Cluster): Promise<void> {
  const before = await Promise.all(running.members.map(({ child }) => processorSeconds(child.pid!)));
  const temporalBefore = await processorSeconds(running.temporal.process.pid);
  await delay(STEADY_MS);
  for (const [index, { name, child }] of running.members.entries()) {
    const share = ((await processorSeconds(child.pid!)) - before[index]!) / (STEADY_MS / 1000);
    const peak = await peakResidentMiB(child.pid!);
    figure(`${name} at half of the capacity`, `${share.toFixed(2)} cores, peak ${peak.toFixed(0)} MiB`);
  }
  const share = ((await processorSeconds(running.temporal.process.pid)) - temporalBefore) / (STEADY_MS / 1000);
  figure('Temporal server at half of the capacity', `${share.toFixed(2)} cores`);
}

async function untilDrained(): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (upstreams.waiting > 0 && Date.now() < deadline) await delay(250);
}

async function checkDatabase(running: Cluster): Promise<void> {
  const expected = options.entries + ENTRIES;
  const counts = await running.query<{ live: number; open: number; failed: number }>(
    `select (select count(*)::integer from entry join source on source.id = source_id
             where status = 'active' and source.name <> 'published') as live,
            (select count(*)::integer from sync_run where outcome is null and started_at < now() - interval '1 minute') as open,
            (select count(*)::integer from sync_run where outcome = 'failed') as failed`,
  );
  const { live, open, failed } = counts[0]!;
  check('entries of all synced sources', `${live} of ${expected}`, live === expected);
  check('syncs whose record stayed open', String(open), open === 0);
  figure('failed syncs', String(failed));
}

function figure(what: string, seen: string): void {
  lines.push({ what, seen });
  say(`${what}: ${seen}`);
}

function check(what: string, seen: string, passed: boolean): void {
  lines.push({ what, seen, passed });
  say(`${passed ? 'ok' : 'FAILED'}  ${what}: ${seen}`);
}

function print(): void {
  console.log(`\n${options.sources} sources, ${options.entries} entries, ${seconds(Date.now() - begin)} s\n`);
  console.log('| what | seen | |\n|---|---|---|');
  for (const { what, seen, passed } of lines) {
    console.log(`| ${what} | ${seen} | ${passed === undefined ? '' : passed ? 'ok' : 'FAILED'} |`);
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
