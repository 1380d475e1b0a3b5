/** The phases of the proof. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Publishes } from './load.ts';
import type { Upstreams } from './upstreams.ts';

/** A publish that waits longer than this was delayed by a kill. */
const SOON_MS = 5_000;
const RECOVERED_WITHIN_MS = 60_000;
const MANUAL_SYNCS = 5;
/** The number of tasks that must wait. They need as many sources, in addition to those whose fetches take all slots. */
export const QUEUED = 500;
/** After this many intervals, all sources are due. */
const HELD_INTERVALS = 1.5;
const STARTED_WITHIN_MS = 120_000;
const SYNCED_WITHIN_MS = 900_000;
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

/**
 * Kills each process, starts it again, and waits until publishes are confirmed as before.
 *
 * @returns when each api was killed, in milliseconds since the epoch
 */
export async function killEachInTurn(cluster: Cluster, publishes: Publishes, say: Say): Promise<number[]> {
  const apiKills: number[] = [];
  for (const member of cluster.members) {
    const killedAt = Date.now();
    if (member.role === 'api') apiKills.push(killedAt);
    await cluster.killAndRestart(member);
    const readyAt = Date.now();
    const delayed = await untilPublishing(publishes, killedAt);
    say(
      `kill -9 ${member.name}: ready after ${readyAt - killedAt} ms; publishes delayed until ${delayed} ms after the kill`,
    );
  }
  return apiKills;
}

/** Waits until no publish waits. Returns for how long after this time publishes were delayed, in milliseconds. */
async function untilPublishing(publishes: Publishes, since: number): Promise<number> {
  let delayedUntil = since;
  let calmSince = Date.now();
  while (Date.now() - calmSince < SOON_MS && Date.now() - since < RECOVERED_WITHIN_MS) {
    if ((publishes.waitingSince ?? Infinity) < Date.now() - SOON_MS) delayedUntil = calmSince = Date.now();
    await delay(LOOK_EVERY_MS);
  }
  return delayedUntil - since;
}

/**
 * Upgrades like the chart: apis one by one; new workers next to the old ones, then the current version, then the end of
 * the old ones.
 */
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
  /** Tasks in the main queue just before the requests, while all slots of the workers are taken by slow fetches. */
  readonly queued: number;
  /** For each manual sync, the milliseconds from the request until its first activity started. */
  readonly startedAfterMs: readonly number[];
}

/**
 * Makes all upstreams slow, so that the fetches of timers take all slots of the workers and others are queued, and then requests
 * manual syncs of several sources.
 */
export async function manualSyncsAmongTimers(
  cluster: Cluster,
  upstreams: Upstreams,
  { intervalSeconds, say }: { readonly intervalSeconds: number; readonly say: Say },
): Promise<ManualSyncs> {
  const heldAt = Date.now();
  upstreams.change();
  upstreams.hold();
  try {
    const deadline = heldAt + intervalSeconds * 1_000 * HELD_INTERVALS;
    let queued = 0;
    while ((queued = await cluster.queuedTasks()) < QUEUED && Date.now() < deadline) await delay(LOOK_EVERY_MS);
    // A request for a source whose own sync is running or queued joins that.
    const idle = upstreams.lastAskedBefore(heldAt, MANUAL_SYNCS);
    const requestedAt = Date.now();
    const numbers = await Promise.all(idle.map((name) => requestSync(cluster, name)));
    const startedAfterMs: number[] = [];
    for (const [index, name] of idle.entries()) {
      const startedAt = await startOf(cluster, name, numbers[index]!);
      startedAfterMs.push(startedAt - requestedAt);
      say(`  ${name}: started ${startedAt - requestedAt} ms after the request, with ${queued} tasks queued`);
    }
    return { queued, startedAfterMs };
  } finally {
    upstreams.release();
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
