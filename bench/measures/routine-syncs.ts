/** Cost of an unchanged source and of a single changed entry: time and rows written. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../db/connection/plain-client.ts';
import { sourceWorkflowId } from '../../workflows/contract/names.ts';
import type { Bench } from '../bench.ts';
import { atMostShareOf, atMostTimes, below, type Figure, plain } from '../figures/figure.ts';
import { replaceFile, type RunningRegistry, startRegistry } from '../system/running-registry.ts';
import { type Sample, sampleOf } from '../figures/sample.ts';
import { activityTimes } from '../system/workflow-history.ts';

/** A check must not depend on the number of entries. The ratio leaves room for the noise of Temporal's round trips. */
const CHECK_GOAL = 1.5;
/** A changed entry also writes its text, its server's owner, the registry, and the source. */
const MOST_ROWS = 10;
/** Share of the first sync, not counting the fetch. */
const CHANGE_GOAL = 0.1;

export async function measureRoutineSyncs(bench: Bench): Promise<Figure[]> {
  const path = join(bench.directory, 'routine.json');
  await replaceFile(path, await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real' }));
  const smallPath = join(bench.directory, 'small.json');
  await replaceFile(smallPath, await bench.dataSet({ entries: 1, versionsPerServer: 1, seed: 2 }));
  const syncPolicy = { interval: '1s' };
  const registry = await startRegistry(bench, [
    { name: 'routine', file: { path }, syncPolicy },
    { name: 'small', file: { path: smallPath }, syncPolicy },
  ]);
  try {
    bench.say(`first sync of ${bench.entries} entries`);
    const firstMs = await registry.syncDuration('routine', 1);
    const routine = { bench, registry, path, firstMs };
    const times = [await measureChecks(bench, registry), ...(await measureChanges(routine))];
    // PostgreSQL publishes its row counts slowly, and the tests count rows as well.
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

async function measureChecks(bench: Bench, registry: RunningRegistry): Promise<Figure> {
  bench.say('checks with nothing new');
  await delay(bench.quick ? 2000 : 12_000);
  const checksOf = async (source: string): Promise<Sample> => {
    const times = (await activityTimes(registry.temporal, sourceWorkflowId(source), 'check')).slice(-10);
    return sampleOf(times.map(({ executedMs }) => executedMs));
  };
  return atMostTimes(
    {
      line: `check of a source with ${bench.entries} entries, nothing new`,
      unit: 'ms',
      ours: await checksOf('routine'),
      baseline: { what: 'check of a source with one entry', sample: await checksOf('small') },
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
        line: `sync with one of ${bench.entries} entries changed, without its fetch`,
        unit: 's',
        ours: sampleOf(seconds(all.map((time, index) => time - fetches[index]!))),
        baseline: { what: 'the first sync', sample: sampleOf([firstMs / 1000]) },
      },
      CHANGE_GOAL,
    ),
    plain({ line: 'apply', unit: 's', ours: sampleOf(seconds(applies)) }),
    plain({ line: 'its fetch: reading, parsing, comparing', unit: 's', ours: sampleOf(seconds(fetches)) }),
  ];
}

async function measureRows(routine: Routine): Promise<Figure[]> {
  const { bench, registry } = routine;
  bench.say('rows written');
  // An idle session reports its counts within ten seconds, including those of the syncs so far.
  await delay(10_000);
  const before = await rowsWritten(registry);
  await delay(10_000);
  const afterChecks = await rowsWritten(registry);
  await changeOneEntry(routine, bench.runs + 1);
  const afterChange = await rowsWritten(registry);
  const rows = (count: number): Pick<Figure, 'unit' | 'ours'> => ({ unit: 'rows', ours: sampleOf([count]) });
  return [
    below({ line: 'rows written by ten checks, nothing new', ...rows(afterChecks - before) }, 1),
    below(
      { line: 'rows in served tables written for one changed entry', ...rows(afterChange - afterChecks) },
      MOST_ROWS,
    ),
  ];
}

/** Changes a different entry for each `change` (from 1). @returns the duration of the sync in milliseconds */
async function changeOneEntry({ bench, registry, path }: Routine, change: number): Promise<number> {
  const changedEntry = Math.floor((bench.entries * (change - 0.5)) / (bench.runs + 1));
  await replaceFile(path, await bench.dataSet({ entries: bench.entries, versionsPerServer: 'real', changedEntry }));
  return await registry.syncDuration('routine', change + 1);
}

/** PostgreSQL's count of rows inserted, updated, and deleted in the served tables since they were created. */
async function rowsWritten({ database }: RunningRegistry): Promise<number> {
  // Sessions report their counts within a second after their last transaction.
  await delay(1500);
  const { rows } = await withClient(database.ownerSettings, (client) =>
    client.query<{ written: string }>(
      `select sum(n_tup_ins + n_tup_upd + n_tup_del) as written from pg_stat_user_tables
       where relname in ('source', 'registry', 'registry_source', 'entry', 'server_owner', 'searched_text')`,
    ),
  );
  return Number(rows[0]!.written);
}
