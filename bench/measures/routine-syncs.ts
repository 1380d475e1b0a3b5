/** What an unchanged source costs, and one with a single changed entry: time, and rows written. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Bench, connectionOf } from '../bench.ts';
import { atMostShareOf, below, type Figure, plain } from '../figure.ts';
import { replaceFile, type RunningRegistry, startRegistry } from '../running-registry.ts';
import { sampleOf } from '../sample.ts';
import { activityTimes } from '../workflow-history.ts';

const CHECK_GOAL = 0.01;
/** What else may be written for a changed entry: its text, its server's owner, the registry, the source. */
const MOST_ROWS = 10;
/** Of the first sync, beside the fetch. */
const CHANGE_GOAL = 0.1;

export async function measureRoutineSyncs(bench: Bench): Promise<Figure[]> {
  const path = `${bench.directory}/routine.json`;
  const unchanged = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' });
  await replaceFile(path, unchanged);
  const registry = await startRegistry(bench, [{ name: 'routine', file: { path }, syncPolicy: { interval: '1s' } }]);
  try {
    bench.say(`first sync of ${bench.entries} entries`);
    const firstMs = await registry.syncDuration('routine', 1);
    const checks = await measureChecks(bench, registry, firstMs);
    const changes = await measureChanges(bench, { registry, path, unchanged, firstMs });
    return [...checks, ...changes];
  } finally {
    await registry.stop();
  }
}

async function measureChecks(bench: Bench, registry: RunningRegistry, firstMs: number): Promise<Figure[]> {
  // An idle session hands over what it has counted within ten seconds, the sync's own rows among it.
  await delay(10_000);
  const rowsBefore = await rowsWritten(registry);
  bench.say('checks with nothing new');
  await delay(bench.quick ? 3000 : 12_000);
  const times = (await activityTimes(registry.temporal, 'source/routine', 'check')).slice(-10);
  const rows = (await rowsWritten(registry)) - rowsBefore;
  return [
    atMostShareOf(
      {
        line: `check of ${bench.entries} entries with nothing new`,
        unit: 's',
        ours: sampleOf(times.map(({ executedMs }) => executedMs / 1000)),
        baseline: { what: 'the first sync', sample: sampleOf([firstMs / 1000]) },
      },
      CHECK_GOAL,
    ),
    below({ line: `rows written by ${times.length} such checks`, unit: 'rows', ours: sampleOf([rows]) }, 1),
  ];
}

interface Routine {
  readonly registry: RunningRegistry;
  readonly path: string;
  readonly unchanged: string;
  readonly firstMs: number;
}

async function measureChanges(bench: Bench, routine: Routine): Promise<Figure[]> {
  const { registry, path, firstMs } = routine;
  const all: number[] = [];
  const fetches: number[] = [];
  const applies: number[] = [];
  const rows: number[] = [];
  for (let change = 0; change < bench.runs; change += 1) {
    bench.say(`one entry changed, run ${change + 1}`);
    const changedEntry = Math.floor((bench.entries * (change + 0.5)) / bench.runs);
    const changed = await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real', changedEntry });
    const rowsBefore = await rowsWritten(registry);
    await replaceFile(path, changed);
    all.push(await registry.syncDuration('routine', change + 2));
    const sync = `sync/routine/${change + 2}`;
    fetches.push((await activityTimes(registry.temporal, sync, 'fetchSnapshot'))[0]!.executedMs);
    applies.push((await activityTimes(registry.temporal, sync, 'applySnapshot'))[0]!.executedMs);
    rows.push((await rowsWritten(registry)) - rowsBefore);
  }
  const seconds = (milliseconds: readonly number[]): number[] => milliseconds.map((each) => each / 1000);
  return [
    atMostShareOf(
      {
        line: `sync with one of ${bench.entries} entries changed, beside its fetch`,
        unit: 's',
        ours: sampleOf(seconds(all.map((time, index) => time - fetches[index]!))),
        baseline: { what: 'the first sync', sample: sampleOf([firstMs / 1000]) },
      },
      CHANGE_GOAL,
    ),
    plain({ line: 'of it, the apply', unit: 's', ours: sampleOf(seconds(applies)) }),
    plain({ line: 'its fetch: reading, parsing, comparing', unit: 's', ours: sampleOf(seconds(fetches)) }),
    below({ line: 'rows that readers see written by it', unit: 'rows', ours: sampleOf(rows) }, MOST_ROWS),
  ];
}

/** Rows inserted, updated and deleted in the tables that readers see since they were made, as PostgreSQL counts them. */
async function rowsWritten({ database }: RunningRegistry): Promise<number> {
  // Sessions hand their counts over a second after their last transaction at the latest.
  await delay(1500);
  const client = new pg.Client(connectionOf(database.ownerSettings));
  await client.connect();
  const { rows } = await client.query<{ written: string }>(
    `select sum(n_tup_ins + n_tup_upd + n_tup_del) as written from pg_stat_user_tables
     where relname in ('source', 'registry', 'registry_source', 'entry', 'server_owner', 'searched_text')`,
  );
  await client.end();
  return Number(rows[0]!.written);
}
