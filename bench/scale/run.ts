/**
 * Proves that an installation with replicas on a real Temporal server loses nothing: see docs/scaling.md.
 *
 * npm run scale -- [--sources 1000] [--entries 100000] [--interval 60] [--workers 3] [--only priority|kills] [--keep]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ENTRIES, Upstream } from '../../test/campaign/upstream.ts';
import { peakResidentMiB, processorSeconds } from '../system/processes.ts';
import { Cluster } from './cluster.ts';
import { startReads, startTraffic, writePaths } from './load.ts';
import { killEachInTurn, manualSyncsAmongTimers, QUEUED, untilSynced, upgrade } from './phases.ts';
import { Upstreams } from './upstreams.ts';

const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1000' },
    entries: { type: 'string', default: '100000' },
    interval: { type: 'string', default: '60' },
    workers: { type: 'string', default: '3' },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const { only } = values;
if (only !== undefined && only !== 'priority' && only !== 'kills') {
  throw new Error(`--only ${only}: use --only priority or --only kills`);
}
const options = {
  sources: Number(values.sources),
  entries: Number(values.entries),
  intervalSeconds: Number(values.interval),
  workers: Number(values.workers),
};

const CAPACITY_MS = 10_000;
const STEADY_MS = 20_000;
const MOST_SECONDS_TO_MANUAL_SYNC = 2;
const SETTLED_WITHIN_MS = 180_000;
/** A failed read this long after the kill of an api was on one of its connections. */
const KILLED_CONNECTIONS_MS = 3_000;

interface Line {
  readonly what: string;
  readonly seen: string;
  /** Whether the goal is met; absent for a figure without a goal. */
  readonly passed?: boolean;
}

const begin = Date.now();
const lines: Line[] = [];
const say = (message: string): void =>
  console.log(`${((Date.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${message}`);

// So that the processes of the cluster end too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
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
  say(`start PostgreSQL, Temporal, nginx, 2 apis, and ${options.workers} workers`);
  const interval = `${options.intervalSeconds}s`;
  const sources = upstreams.sources.map(({ name, url }) => ({ name, file: { url }, syncPolicy: { interval } }));
  return await Cluster.start(folder, {
    apis: 2,
    workers: options.workers,
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
  if (only === 'priority') return await checkPriority(running);
  const pathsFile = await writePaths(running, folder);
  const stopReads = startReads(running, pathsFile, 0);
  await delay(CAPACITY_MS);
  const { reads, seconds: took } = await stopReads();
  const capacity = Math.round(reads / took);
  figure('capacity: reads per second through nginx', String(capacity));

  const traffic = startTraffic(running, { upstream: states, pathsFile, readsPerSecond: Math.round(capacity / 2) });
  say(`reads at ${Math.round(capacity / 2)} per second, one publish per second`);
  await observe(running);
  const apiKills = await killEachInTurn(running, traffic.publishes, say);
  if (only !== 'kills') {
    const upgraded = await upgrade(running, '2.0.0', say);
    figure('rolling upgrade of all processes', `${upgraded.toFixed(0)} s`);
    await checkPriority(running).catch((error: Error) => check('manual syncs among timers', error.message, false));
  }
  await checkNewest(running);
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
  const { unconfirmed } = publishes;
  check('publishes that no api confirmed within a minute', `${unconfirmed} of ${publishes.count}`, unconfirmed === 0);
  const lost = await publisher.findViolations();
  for (const violation of lost.slice(0, 10)) say(`  ${violation}`);
  check('publishes lost or duplicated', String(lost.length), lost.length === 0);
  const halves = reader.takeViolations();
  for (const violation of halves.slice(0, 10)) say(`  ${violation}`);
  check('answers with half a sync', String(halves.length), halves.length === 0);
  await checkDatabase(running);
}

async function checkPriority(running: Cluster): Promise<void> {
  const { intervalSeconds } = options;
  const { queued, startedAfterMs } = await manualSyncsAmongTimers(running, upstreams, { intervalSeconds, say });
  check(`tasks of timers queued at the time of the manual syncs, at least ${QUEUED}`, String(queued), queued >= QUEUED);
  check(
    `manual syncs start within ${MOST_SECONDS_TO_MANUAL_SYNC} s after the request`,
    `${startedAfterMs.map((time) => (time / 1000).toFixed(2)).join(', ')} s`,
    Math.max(...startedAfterMs) <= MOST_SECONDS_TO_MANUAL_SYNC * 1000,
  );
}

/** Observes the resources that the processes use without disturbance. */
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

/** Asks for a number until it is the expected one, or time is up. Returns the last answer. */
async function settled(running: Cluster, statement: string, expected: number): Promise<number> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const [row] = await running.query<{ number: number }>(statement);
    if (row!.number === expected || Date.now() > deadline) return row!.number;
    await delay(500);
  }
}

async function checkNewest(running: Cluster): Promise<void> {
  const newest = await settled(
    running,
    `select count(*)::integer as number from entry join source on source.id = source_id
     where source.name like 'source-%' and entry.description = '${upstreams.newest}'`,
    options.sources,
  );
  check('sources whose newest state is served', `${newest} of ${options.sources}`, newest === options.sources);
}

async function checkDatabase(running: Cluster): Promise<void> {
  const expected = options.entries + ENTRIES;
  const live = await settled(
    running,
    `select count(*)::integer as number from entry join source on source.id = source_id
     where status = 'active' and source.name <> 'published'`,
    expected,
  );
  check('entries of all synced sources', `${live} of ${expected}`, live === expected);
  // Syncs that were running when their worker was killed continue after a while.
  const open = await settled(
    running,
    `select count(*)::integer as number from sync_run
     where outcome is null and started_at < now() - interval '1 minute'`,
    0,
  );
  check('syncs whose record stays open', String(open), open === 0);
  const [row] = await running.query<{ failed: number }>(
    `select count(*)::integer as failed from sync_run where outcome = 'failed'`,
  );
  figure('failed syncs', String(row!.failed));
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
