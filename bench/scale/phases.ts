/** What happens to the cluster during the proof. */
import { setTimeout as delay } from 'node:timers/promises';
import { createSourceActors } from '../../temporal/source-actors.ts';
import type { Cluster } from './cluster.ts';
import type { Upstreams } from './upstreams.ts';

const AFTER_KILL_MS = 4_000;
const MANUAL_SYNCS = 5;
const QUEUED = 500;
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

/** Seconds until the fetch of a manual sync starts, while syncs of timers wait for a worker. */
export async function manualSyncsAmongTimers(
  cluster: Cluster,
  upstreams: Upstreams,
  { intervalSeconds, say }: { readonly intervalSeconds: number; readonly say: Say },
): Promise<{ readonly seconds: number[]; readonly fewestWaiting: number }> {
  const actors = createSourceActors(cluster.client, { taskQueue: 'rollcall', findState: async () => undefined });
  const names = upstreams.sources.map(({ name }) => name);
  const queued = Math.min(QUEUED, names.length / 2);
  const workers = cluster.members.filter(({ role }) => role === 'worker');
  say(`stop all workers for ${intervalSeconds} s, so that all sources are due at once`);
  for (const worker of workers) await cluster.kill(worker);
  upstreams.change();
  upstreams.delayMs = 1_000;
  await delay(intervalSeconds * 1100);
  await Promise.all(workers.map((worker) => cluster.restart(worker)));
  const deadline = Date.now() + SYNCED_WITHIN_MS;
  const seconds: number[] = [];
  let fewestWaiting = names.length;
  for (let tried = 0; seconds.length < MANUAL_SYNCS && upstreams.waiting >= queued && Date.now() < deadline;) {
    const source = names.filter((name) => upstreams.hasSent(name))[tried];
    if (source === undefined) {
      await delay(LOOK_EVERY_MS / 5);
      continue;
    }
    tried += 1;
    const waiting = upstreams.waiting;
    const startedAt = Date.now();
    await actors.syncNow(source, { force: true, requestedBy: 'scale' });
    while (upstreams.askedAtMs(source) < startedAt && Date.now() < deadline) await delay(10);
    seconds.push((upstreams.askedAtMs(source) - startedAt) / 1000);
    fewestWaiting = Math.min(fewestWaiting, waiting);
    say(`  a manual sync started after ${seconds.at(-1)} s, with ${waiting} syncs queued`);
  }
  upstreams.delayMs = 0;
  return { seconds, fewestWaiting };
}
