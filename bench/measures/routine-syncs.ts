/** What an unchanged source costs, and one with a single changed entry: time, and rows written. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../db/plain-client.ts';
import type { Bench } from '../bench.ts';
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
  const path = join(bench.directory, 'routine.json');
  await replaceFile(path, await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' }));
  const registry = await startRegistry(bench, [{ name: 'routine', file: { path }, syncPolicy: { interval: '1s' } }]);
  try {
    bench.say(`first sync of ${bench.entries} entries`);
    const firstMs = await registry.syncDuration('routine', 1);
    const routine = { bench, registry, path, firstMs };
    const times = [await measureChecks(routine), ...(await measureChanges(routine))];
    // PostgreSQL takes its time to count them, and the tests count them too.
    return bench.quick ? times : [...times, ...(await measureRows(routine))];
  } finally {
    await registry.stop();
  }
}

interface Routine {
  readonly bench: Bench;
  readonly registry: RunningRegistry;
  readonly path: string;
  readonly firstMs: number;
}

async function measureChecks({ bench, registry, firstMs }: Routine): Promise<Figure> {
  bench.say('checks with nothing new');
  await delay(bench.quick ? 2000 : 12_000);
  const times = (await activityTimes(registry.temporal, 'source/routine', 'check')).slice(-10);
  return atMostShareOf(
    {
      line: `check of ${bench.entries} entries with nothing new`,
      unit: 's',
      ours: sampleOf(times.map(({ executedMs }) => executedMs / 1000)),
      baseline: { what: 'the first sync', sample: sampleOf([firstMs / 1000]) },
    },
    CHECK_GOAL,
  );
}

async function measureChanges(routine: Routine): Promise<Figure[]> {
  const { bench, registry, firstMs } = routine;
  const all: number[] = [];
  const fetches: number[] = [];
  const applies: number[] = [];
  for (let change = 1; change <= bench.runs; change += 1) {
    bench.say(`one entry changed, run ${change}`);
    all.push(await changeOneEntry(routine, change));
    const sync = `sync/routine/${change + 1}`;
    fetches.push((await activityTimes(registry.temporal, sync, 'fetchSnapshot'))[0]!.executedMs);
    applies.push((await activityTimes(registry.temporal, sync, 'applySnapshot'))[0]!.executedMs);
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
  ];
}

async function measureRows(routine: Routine): Promise<Figure[]> {
  const { bench, registry } = routine;
  bench.say('rows written');
  // An idle session hands over what it has counted within ten seconds, the rows of the syncs so far among it.
  await delay(10_000);
  const before = await rowsWritten(registry);
  await delay(10_000);
  const afterChecks = await rowsWritten(registry);
  await changeOneEntry(routine, bench.runs + 1);
  const afterChange = await rowsWritten(registry);
  const rows = (count: number): Pick<Figure, 'unit' | 'ours'> => ({ unit: 'rows', ours: sampleOf([count]) });
  return [
    below({ line: 'rows written by ten checks with nothing new', ...rows(afterChecks - before) }, 1),
    below(
      { line: 'rows that readers see written for one changed entry', ...rows(afterChange - afterChecks) },
      MOST_ROWS,
    ),
  ];
}

/** @returns the milliseconds of the sync that finds it. `change` counts them from 1: each is another entry. */
async function changeOneEntry({ bench, registry, path }: Routine, change: number): Promise<number> {
  const changedEntry = Math.floor((bench.entries * (change - 0.5)) / (bench.runs + 1));
  await replaceFile(path, await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real', changedEntry }));
  return await registry.syncDuration('routine', change + 1);
}

/** Rows inserted, updated and deleted in the tables that readers see since they were made, as PostgreSQL counts them. */
async function rowsWritten({ database }: RunningRegistry): Promise<number> {
  // Sessions hand their counts over a second after their last transaction at the latest.
  await delay(1500);
  const { rows } = await withClient(database.ownerSettings, (client) =>
    client.query<{ written: string }>(
      `select sum(n_tup_ins + n_tup_upd + n_tup_del) as written from pg_stat_user_tables
       where relname in ('source', 'registry', 'registry_source', 'entry', 'server_owner', 'searched_text')`,
    ),
  );
  return Number(rows[0]!.written);
}
