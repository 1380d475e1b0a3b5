/**
 * Injects faults into a real installation that a real Prometheus watches, and prints what told about each of them, and
 * after how many seconds. Nothing is sped up: scrapes every 15 seconds, and the rules as they are. Takes about 25 minutes.
 * Needs `prometheus` on the PATH and, for the full disk, root.
 *
 *   npm run faults -- [--only TEXT] [--keep]
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RegistryUpstream } from '../upstreams/registry-upstream.ts';
import { type SmallDisk, startOnSmallDisk } from './full-disk.ts';
import { Installation } from './installation.ts';
import { Prometheus } from './prometheus.ts';

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
});

/** A fault of the list that is not told about within this time is not told about. */
const DEADLINE_MS = 15 * 60_000;
const POLL_MS = 1_000;

interface Fault {
  readonly name: string;
  readonly inject: () => Promise<unknown> | void;
  readonly repair: () => Promise<unknown> | void;
  /** The pattern of a log line, a query that gets a result, and the alert. */
  readonly log: RegExp;
  readonly logLines: () => Promise<readonly string[]>;
  readonly metric: string;
  readonly alert: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Told {
  readonly what: string;
  readonly seconds: number;
}

type Row = Readonly<Record<'log' | 'metric' | 'alert', Told | undefined>>;

/** Ctrl-C ends the run, and everything that it has started. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const pause = (milliseconds: number): Promise<void> => delay(milliseconds, undefined, { signal: stopping.signal });

const folder = await mkdtemp(join(tmpdir(), 'rollcall-faults-'));
await chmod(folder, 0o711); // run by root, PostgreSQL is another user
const [down, token] = await Promise.all([RegistryUpstream.start(), RegistryUpstream.start()]);
for (const upstream of [down, token]) upstream.put('com.example/weather', '1.0.0');
await writeFile(join(folder, 'token'), 'expires-soon');
const policy = { syncPolicy: { interval: '1m' } };
const installation = await Installation.start(folder, [
  { name: 'down', api: { endpoint: down.url }, ...policy },
  { name: 'token', api: { endpoint: token.url, bearerTokenFile: 'token' }, ...policy },
  { name: 'own', managed: {} },
]);
const smallDisk = await startOnSmallDisk(folder).catch((error: unknown) => {
  console.log(`Without the full disk: ${String(error)}`);
  return undefined;
});
const prometheus = await Prometheus.start(folder, [
  { name: 'rollcall', targets: Object.values(installation.internal) },
  ...(smallDisk === undefined ? [] : [{ name: 'rollcall-embedded', targets: [smallDisk.internal] }]),
]);

/** Those of one group are injected at the same time. */
const GROUPS: readonly (readonly Fault[])[] = [
  [
    {
      name: 'source down',
      inject: () => void down.answers.set(Infinity, (response) => response.destroy()),
      repair: () => down.answers.clear(),
      log: /(?=.*\bdown\b).*UpstreamUnavailable/,
      logLines: () => installation.logLines(),
      metric: 'rollcall_source_phase{source="down", phase="failing"}',
      alert: 'RollcallSourceFailing',
      labels: { source: 'down' },
    },
    {
      name: 'token expired',
      inject: () => void token.answers.set(Infinity, (response) => response.writeHead(401).end()),
      repair: () => token.answers.clear(),
      log: /UpstreamDenied/,
      logLines: () => installation.logLines(),
      metric: 'rollcall_source_phase{source="token", phase="failing"}',
      alert: 'RollcallSourceFailing',
      labels: { source: 'token' },
    },
    ...(smallDisk === undefined ? [] : [diskFault(smallDisk)]),
  ],
  [
    {
      name: 'Postgres gone',
      inject: () => installation.stopPostgres(),
      repair: () => installation.startPostgres(),
      log: /Postgres doesn't answer/,
      logLines: () => installation.logLines(),
      metric: 'rollcall_database_available == 0',
      alert: 'RollcallDatabaseUnavailable',
    },
  ],
  [
    {
      name: 'Temporal gone',
      inject: () => installation.stopTemporal(),
      repair: () => installation.startTemporal(),
      log: /Temporal at \S+ doesn't answer/,
      logLines: () => installation.logLines(),
      metric: 'rollcall_temporal_available{job="rollcall"} == 0',
      alert: 'RollcallTemporalUnavailable',
    },
  ],
  [
    {
      name: 'worker gone',
      inject: () => installation.kill('worker'),
      repair: () => installation.run('worker'),
      log: /no worker polls/,
      logLines: () => installation.logLines(),
      metric: 'up{instance="WORKER"} == 0'.replace('WORKER', installation.internal.worker),
      alert: 'RollcallWorkerMissing',
    },
  ],
];

function diskFault(disk: SmallDisk): Fault {
  return {
    name: 'disk nearly full',
    inject: () => disk.fill(),
    repair: () => disk.empty(),
    log: /nearly full/,
    logLines: () => disk.logLines(),
    metric: 'rollcall_disk_free_bytes < 2e9',
    alert: 'RollcallDiskNearlyFull',
  };
}

/** Injects a fault, and waits until the log, the metric, and the alert have told about it. */
async function watch(fault: Fault): Promise<Row> {
  const before = new Set(await fault.logLines());
  const startedAt = Date.now();
  await fault.inject();
  const row: { -readonly [Part in keyof Row]: Row[Part] } = { log: undefined, metric: undefined, alert: undefined };
  const told = (what: string): Told => ({ what, seconds: Math.round((Date.now() - startedAt) / 1000) });
  while (Object.values(row).includes(undefined) && Date.now() - startedAt < DEADLINE_MS) {
    await pause(POLL_MS);
    const line = (await fault.logLines()).find((text) => !before.has(text) && fault.log.test(text));
    if (line !== undefined) row.log ??= told(messageOf(line));
    const value = await prometheus.value(fault.metric).catch(() => undefined);
    if (value !== undefined) row.metric ??= told(fault.metric);
    const firing = (await prometheus.alerts().catch(() => [])).find(({ state, labels }) => {
      const wanted = { alertname: fault.alert, ...fault.labels };
      return state === 'firing' && Object.entries(wanted).every(([name, wish]) => labels[name] === wish);
    });
    if (firing !== undefined) row.alert ??= told(`${fault.alert}: ${firing.annotations['summary'] ?? ''}`);
  }
  await fault.repair();
  return row;
}

/** The message of a line of the log, and what the record says about a failure. */
function messageOf(line: string): string {
  try {
    const { msg, failure, failureType, failureMessage, err } = JSON.parse(line) as Record<string, unknown>;
    const more = [failure, failureType, failureMessage, err].filter((part) => part !== undefined);
    return [msg, ...more.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))]
      .join(' ')
      .slice(0, 240);
  } catch {
    return line.slice(0, 240);
  }
}

try {
  await pause(45_000); // two scrapes of an installation that is well
  const early = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
  if (early.length > 0)
    console.log('Firing without a fault:', early.map(({ labels }) => labels['alertname']).join(', '));
  console.log('| fault | log line | s | metric | s | alert | s |\n|---|---|---:|---|---:|---|---:|');
  for (const group of GROUPS) {
    const chosen = group.filter(({ name }) => name.includes(options.only));
    const rows = await Promise.all(chosen.map(async (fault) => ({ fault, row: await watch(fault) })));
    for (const { fault, row } of rows) {
      const cells = [row.log, row.metric, row.alert].map((one) =>
        one === undefined ? 'NOT TOLD | ' : `${one.what.replaceAll('|', '\\|')} | ${one.seconds}`,
      );
      console.log(`| ${fault.name} | ${cells.join(' | ')} |`);
      if (Object.values(row).includes(undefined)) process.exitCode = 1;
    }
    if (chosen.length > 0) await Promise.all([installation.untilReady('api'), installation.untilReady('worker')]);
  }
} finally {
  await prometheus.stop();
  await smallDisk?.stop();
  await installation.stop();
  await Promise.all([down.close(), token.close()]);
  if (options.keep || process.exitCode === 1) console.log(`Logs and data: ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
