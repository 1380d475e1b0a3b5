/** Brings the system to a certain moment and holds it there, until it is released. */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type pg from 'pg';
import type { Installation } from './installation.ts';
import type { Publisher } from './publisher.ts';
import type { Upstream } from './upstream.ts';

export const PHASES = ['fetch', 'stage', 'apply', 'commit', 'publish', 'continue-as-new', 'start'] as const;
export type Phase = (typeof PHASES)[number];

export interface Subjects {
  readonly installation: Installation;
  readonly upstream: Upstream;
  readonly publisher: Publisher;
}

/** Releases the held lock or answer. */
export type Release = () => Promise<void>;

const DEADLINE_MS = 120_000;
/** A run of an actor ends after this number of cycles. */
const CYCLES_PER_RUN = 50;

/** Statements that hold up a sync, by phase. The campaign runs them over its own connection. */
const HOLDS = {
  stage: 'lock table snapshot_chunk in exclusive mode',
  apply: `select from source where name = 'upstream' for update`,
  // The last step before a commit: all rows are written, and nothing is visible yet.
  commit: 'select from registry for update',
} as const;

const ENTER: Readonly<Record<Phase, (subjects: Subjects) => Promise<Release>>> = {
  fetch: enterFetch,
  stage: (subjects) => holdSync(subjects, HOLDS.stage),
  apply: (subjects) => holdSync(subjects, HOLDS.apply),
  commit: (subjects) => holdSync(subjects, HOLDS.commit),
  publish: enterPublish,
  'continue-as-new': enterContinueAsNew,
  start: enterStart,
};

/** Enters the phase. For `start`, `serve` has been stopped and launched again, and is starting. */
export function enterPhase(phase: Phase, subjects: Subjects): Promise<Release> {
  return ENTER[phase](subjects);
}

async function enterStart({ installation }: Subjects): Promise<Release> {
  await installation.stop();
  installation.launch();
  return async () => undefined;
}

async function enterFetch({ installation, upstream }: Subjects): Promise<Release> {
  const held = upstream.hold();
  await requestSync(installation);
  await within(held.arrived, 'the sync asks the upstream');
  return async () => held.release();
}

async function enterPublish({ installation, publisher }: Subjects): Promise<Release> {
  const lock = await holdDatabase(installation, HOLDS.commit);
  const name = publisher.newName();
  const answered = publisher.tryOnce(name).catch(() => false);
  await untilWaiting(lock);
  return async () => {
    await letGo(lock);
    // A client without an answer asks again.
    if (!(await answered)) await publisher.publish(name, Date.now() + DEADLINE_MS);
  };
}

async function holdSync({ installation, upstream }: Subjects, statement: string): Promise<Release> {
  const held = upstream.hold();
  await requestSync(installation);
  await within(held.arrived, 'the sync asks the upstream');
  const lock = await holdDatabase(installation, statement);
  held.release();
  await untilWaiting(lock);
  return () => letGo(lock);
}

/** Syncs until the actor is in the last cycle of its run, and lets that one end. */
async function enterContinueAsNew({ installation, upstream }: Subjects): Promise<Release> {
  const { startTime } = await withActor(installation, (actor) => actor.describe());
  // Each sync is a cycle, and the timer doesn't fire within an hour.
  while ((await endedSyncs(installation, startTime)) < CYCLES_PER_RUN - 1) await syncOnce(installation, upstream);
  await syncOnce(installation, upstream);
  return async () => undefined;
}

async function syncOnce(installation: Installation, upstream: Upstream): Promise<void> {
  const { requests } = upstream;
  const before = await endedSyncs(installation);
  await requestSync(installation);
  await until(async () => upstream.requests > requests && (await endedSyncs(installation)) > before, 'a sync ends');
}

async function endedSyncs(installation: Installation, since: Date = new Date(0)): Promise<number> {
  const [row] = await installation.query<{ count: number }>(
    'select count(*)::integer as count from sync_run where outcome is not null and started_at > $1',
    [since],
  );
  return row?.count ?? 0;
}

/** Requests a sync of the actor over Temporal, where the message waits while there is no worker. */
export async function requestSync(installation: Installation): Promise<void> {
  await withActor(installation, (actor) => actor.signal('sync', {}));
}

async function withActor<Result>(
  { temporalAddress }: Installation,
  work: (actor: WorkflowHandle) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    return await work(new Client({ connection }).workflow.getHandle('source/upstream'));
  } finally {
    await connection.close();
  }
}

async function holdDatabase(installation: Installation, statement: string): Promise<pg.Client> {
  const client = await installation.connect();
  await client.query('begin');
  await client.query(statement);
  return client;
}

/** Waits until another session waits for a lock of this one. */
async function untilWaiting(lock: pg.Client): Promise<void> {
  await until(async () => {
    const { rowCount } = await lock.query(
      `select from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))`,
    );
    return (rowCount ?? 0) > 0;
  }, 'a session waits for the lock of the campaign');
}

/** PostgreSQL may have been killed, and its lock with it. */
async function letGo(lock: pg.Client): Promise<void> {
  await lock.query('rollback').catch(() => undefined);
  await lock.end().catch(() => undefined);
}

async function within(event: Promise<void>, what: string): Promise<void> {
  let happened = false;
  void event.then(() => (happened = true));
  await until(async () => happened, what);
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`It never happened that ${what}`);
    await delay(20);
  }
}
