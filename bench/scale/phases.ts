/** What happens to the cluster during the proof. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Upstreams } from './upstreams.ts';

const AFTER_KILL_MS = 4_000;
const MANUAL_SYNCS = 5;
const QUEUED = 500;
/** After this many intervals, all sources are due. */
const FROZEN_INTERVALS = 1.5;
/** The api waits longer than this until a worker accepts a request. */
const REQUESTED_WITHIN_MS = 500;
const STARTED_WITHIN_MS = 120_000;
const SYNCED_WITHIN_MS = 400_000;
const LOOK_EVERY_MS = 250;

export type Say = (message: string) => void;

export async function untilSynced(cluster: Cluster, count: number, say: Say): Promise<void> {
  const deadline = Date.now() + SYNCED_WITHIN_MS;
  for (let looks = 0; ; looks++) {
    const [row] = await cluster.query<{ synced: number }>(
      `select count(distinct source_id)::integer as synced from sync_run where outcome in ('changed', 'unchanged')`,
    );
    if (row!.synced >= count) return;
    if (Date.now() > deadline) throw new Error(`Only ${row!.synced} of ${count} sources were synced`);
    if (looks % 40 === 0) say(`  ${row!.synced} of ${count} sources synced`);
    await delay(LOOK_EVERY_MS);
  }
}

/** When each api was killed, in milliseconds since the epoch. */
export async function killEachInTurn(cluster: Cluster, say: Say): Promise<number[]> {
  const apiKills: number[] = [];
  for (const member of cluster.members) {
    say(`kill -9 ${member.name}`);
    if (member.role === 'api') apiKills.push(Date.now());
    await cluster.killAndRestart(member);
    await delay(AFTER_KILL_MS);
  }
  return apiKills;
}

/** As the chart does it: apis one by one; new workers beside the old ones, then the current version, then the old ones end. */
export async function upgrade(cluster: Cluster, version: string, say: Say): Promise<number> {
  const startedAt = Date.now();
  await cluster.useVersion(version);
  const old = cluster.members.filter(({ role }) => role === 'worker');
  for (const member of cluster.members.filter(({ role }) => role === 'api')) {
    say(`replace ${member.name}`);
    await cluster.replace(member);
  }
  for (const { name } of old) await cluster.addWorker(`${name}-${version}`);
  say('set the current version of the workers');
  say((await cluster.setCurrentVersion()).trim());
  for (const member of old) await cluster.remove(member);
  return (Date.now() - startedAt) / 1000;
}

export interface ManualSyncs {
  /** Tasks in the queue just before the requests. The frozen workers take none of them until they go on. */
  readonly queued: number;
  /** How many must be queued for the figures to count. */
  readonly needed: number;
  /** Of each manual sync: milliseconds until its first activity started. */
  readonly starts: readonly { readonly afterRequestMs: number; readonly afterResumeMs: number }[];
}

/**
 * Freezes all workers until enough tasks of timers are queued, requests manual syncs of several sources, and lets the workers
 * go on. All sources have new content, so each queued check leads to a sync.
 */
export async function manualSyncsAmongTimers(
  cluster: Cluster,
  upstreams: Upstreams,
  { intervalSeconds, say }: { readonly intervalSeconds: number; readonly say: Say },
): Promise<ManualSyncs> {
  const needed = Math.min(QUEUED, Math.floor(upstreams.sources.length / 2));
  const workers = cluster.members.filter(({ role }) => role === 'worker');
  say(`freeze all workers until ${needed} tasks of timers are queued`);
  upstreams.change();
  upstreams.delayMs = 1_000;
  for (const { child } of workers) child.kill('SIGSTOP');
  try {
    const deadline = Date.now() + intervalSeconds * 1_000 * FROZEN_INTERVALS;
    let queued = 0;
    while ((queued = await cluster.queuedTasks()) < needed && Date.now() < deadline) await delay(LOOK_EVERY_MS);
    // Their timers are due last: a request for a source whose own sync is queued joins that.
    const idle = upstreams.lastAsked(MANUAL_SYNCS);
    const requestedAt = Date.now();
    const resume = async (): Promise<number> => {
      await delay(REQUESTED_WITHIN_MS);
      for (const { child } of workers) child.kill('SIGCONT');
      return Date.now();
    };
    const [numbers, resumedAt] = await Promise.all([
      Promise.all(idle.map((name) => requestSync(cluster, name))),
      resume(),
    ]);
    const starts: { afterRequestMs: number; afterResumeMs: number }[] = [];
    for (const [index, name] of idle.entries()) {
      const startedAt = await startOf(cluster, name, numbers[index]!);
      starts.push({ afterRequestMs: startedAt - requestedAt, afterResumeMs: startedAt - resumedAt });
      say(`  ${name}: started ${startedAt - resumedAt} ms after the workers went on, with ${queued} tasks queued`);
    }
    return { queued, needed, starts };
  } finally {
    for (const { child } of workers) child.kill('SIGCONT');
    upstreams.delayMs = 0;
  }
}

/** Through nginx, again as long as no worker accepts it. Returns the number of the sync. */
async function requestSync(cluster: Cluster, name: string): Promise<number> {
  const deadline = Date.now() + STARTED_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${cluster.url}/trpc/sources.sync`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const text = await response.text();
    if (response.ok) return (JSON.parse(text) as { result: { data: { number: number } } }).result.data.number;
    if (response.status < 500 || Date.now() > deadline) throw new Error(`sync of ${name}: ${response.status} ${text}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** When the first activity of a sync opened its record, in milliseconds since the epoch. */
async function startOf(cluster: Cluster, name: string, number: number): Promise<number> {
  const deadline = Date.now() + STARTED_WITHIN_MS;
  for (;;) {
    const [row] = await cluster.query<{ startedAt: Date }>(
      `select started_at as "startedAt" from sync_run join source on source.id = source_id
       where source.name = '${name}' and number = ${number}`,
    );
    if (row !== undefined) return row.startedAt.getTime();
    if (Date.now() > deadline) throw new Error(`Sync ${number} of ${name} did not start`);
    await delay(LOOK_EVERY_MS);
  }
}
