/** Many sources, each due once a minute, on one worker: how late the latest are, and what idling costs. */
import { setTimeout as delay } from 'node:timers/promises';
import { withClient } from '../../db/connection/plain-client.ts';
import type { Bench } from '../bench.ts';
import { below, type Figure, plain } from '../figures/figure.ts';
import { peakResidentMiB, processorSeconds } from '../system/processes.ts';
import { type RunningRegistry, type SourceSetup, startRegistry } from '../system/running-registry.ts';
import { percentile, sampleOf } from '../figures/sample.ts';
import { type SmallUpstream, startSmallUpstream } from '../system/small-upstream.ts';
import { lateness } from '../system/workflow-history.ts';

const MOST_LATE_SECONDS = 10;

export async function measureThousandSources(bench: Bench): Promise<Figure[]> {
  const count = bench.quick ? 10 : 1000;
  const intervalSeconds = bench.quick ? 1 : 60;
  const upstream = await startSmallUpstream();
  const names = Array.from({ length: count }, (_, index) => `source-${index}`);
  const registry = await startRegistry(
    bench,
    names.map((name) => sourceOf(name, upstream, intervalSeconds)),
  );
  try {
    bench.say(`first sync of ${count} sources`);
    const startedAt = performance.now();
    await upstream.untilAsked(count, 1);
    const firstSyncs = (performance.now() - startedAt) / 1000;
    // Until the peak of the start is over: every source has been synced, and checked after that.
    await upstream.untilAsked(count, 2);
    await delay(intervalSeconds * 1000);
    bench.say(`${count} sources, each due every ${intervalSeconds} s`);
    const minutes = await observe(bench, registry, { upstream, milliseconds: intervalSeconds * 3000 });
    const late = await Promise.all(names.map((name) => lateness(registry.temporal, `source/${name}`)));
    return figures({ count, intervalSeconds, firstSyncs, late: late.flat(), ...minutes });
  } finally {
    await registry.stop();
    await upstream.stop();
  }
}

function sourceOf(name: string, upstream: SmallUpstream, intervalSeconds: number): SourceSetup {
  return { name, file: { url: `${upstream.origin}/${name}` }, syncPolicy: { interval: `${intervalSeconds}s` } };
}

interface Observed {
  readonly fewestChecks: number;
  readonly mostChecks: number;
  readonly workerShare: number;
  readonly temporalShare: number;
  readonly workerMiB: number;
  readonly transactionsPerSecond: number;
}

async function observe(
  bench: Bench,
  registry: RunningRegistry,
  { upstream, milliseconds }: { upstream: SmallUpstream; milliseconds: number },
): Promise<Observed> {
  upstream.forgetRequests();
  const before = await loadSoFar(bench, registry);
  await delay(milliseconds);
  const after = await loadSoFar(bench, registry);
  const requests = upstream.requestsPerSource();
  const perSecond = (of: keyof LoadSoFar): number => (after[of] - before[of]) / (milliseconds / 1000);
  return {
    fewestChecks: Math.min(...requests),
    mostChecks: Math.max(...requests),
    workerShare: perSecond('worker'),
    temporalShare: perSecond('temporal'),
    workerMiB: await peakResidentMiB(registry.processes.worker),
    transactionsPerSecond: perSecond('transactions'),
  };
}

/** Seconds of CPU time, and transactions in the database. */
interface LoadSoFar {
  readonly worker: number;
  readonly temporal: number;
  readonly transactions: number;
}

async function loadSoFar(bench: Bench, registry: RunningRegistry): Promise<LoadSoFar> {
  return {
    worker: await processorSeconds(registry.processes.worker),
    temporal: await processorSeconds(bench.temporalProcess),
    transactions: await transactions(registry),
  };
}

type Findings = Observed & {
  readonly count: number;
  readonly intervalSeconds: number;
  readonly firstSyncs: number;
  readonly late: readonly number[];
};

function figures(found: Findings): Figure[] {
  const line = `${found.count} sources, each due every ${found.intervalSeconds} s`;
  const fair = found.fewestChecks >= 2;
  return [
    below(
      { line: `${line}: lateness p99`, unit: 's', ours: sampleOf([percentile(found.late, 0.99) / 1000]) },
      MOST_LATE_SECONDS,
    ),
    plain({ line: `${line}: lateness p50`, unit: 's', ours: sampleOf([percentile(found.late, 0.5) / 1000]) }),
    {
      line: `${line}: checks of the source that got the fewest in three intervals`,
      unit: 'checks',
      ours: sampleOf([found.fewestChecks]),
      result: `${found.fewestChecks} (the most: ${found.mostChecks})`,
      goal: { text: '≥ 2', met: fair },
    },
    plain({ line: `${line}: all first syncs`, unit: 's', ours: sampleOf([found.firstSyncs]) }),
    plain({ line: `${line}: peak memory of the worker`, unit: 'MiB', ours: sampleOf([found.workerMiB]) }),
    plain({ line: `${line}: CPU time of the worker per second`, unit: 's', ours: sampleOf([found.workerShare]) }),
    plain({
      line: `${line}: CPU time of Temporal per second`,
      unit: 's',
      ours: sampleOf([found.temporalShare]),
    }),
    plain({
      line: `${line}: database transactions per second`,
      unit: 'queries',
      ours: sampleOf([found.transactionsPerSecond]),
    }),
  ];
}

async function transactions({ database }: RunningRegistry): Promise<number> {
  const { rows } = await withClient(database.ownerSettings, (client) =>
    client.query<{ count: string }>(
      'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
    ),
  );
  return Number(rows[0]!.count);
}
