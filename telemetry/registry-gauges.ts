/**
 * Gauges of sources and registries, read from Postgres. Every api and worker reports the same values, so that they are
 * known while any of them runs.
 */
import type { Database } from '../db/connection/database.ts';
import { type Counts, countAll } from '../db/syncs/source-states.ts';
import type { EntryKind } from '../registry/entry-kind.ts';
import type { Gauge } from './gauges.ts';
import { addGauges } from './meter.ts';
import { latenessMs, readSourceStates, type SourceState } from './source-states.ts';

/** Several scrapers, or a scrape and a push, share one reading. */
const STATES_MAX_AGE_MS = 5_000;
/** Counting takes time in proportion to the number of entries. */
const COUNTS_MAX_AGE_MS = 30_000;

/** Adds the gauges of all sources and registries in the database. Returns a function that removes them again. */
export function addRegistryGauges(database: Database): () => void {
  const readStates = cached(STATES_MAX_AGE_MS, () => readSourceStates(database));
  const readCounts = cached(COUNTS_MAX_AGE_MS, () => countAll(database));
  const removeSources = addGauges(async () => sourceGauges(await readStates(), Date.now()));
  const removeCounts = addGauges(async () => {
    const { sources, registries, names } = await readCounts();
    return [
      {
        name: 'rollcall.source.entries',
        description: 'Entries of the source that are not deleted, by kind: server, skill, or plugin',
        points: sources.map(({ source, kind, entries }) => ({
          value: entries,
          attributes: { source, entry_kind: kind },
        })),
      },
      {
        name: 'rollcall.registry.revision',
        description: 'Revision of the registry, which increases with every visible change',
        points: registries.map(({ registry, revision }) => ({ value: revision, attributes: { registry } })),
      },
      {
        name: 'rollcall.registry.servers',
        description: 'Server names in the registry',
        points: pointsOf(names, 'server'),
      },
      {
        name: 'rollcall.registry.skills',
        description: 'Skill names in the registry',
        points: pointsOf(names, 'skill'),
      },
      {
        name: 'rollcall.registry.plugins',
        description: 'Plugin names in the registry',
        points: pointsOf(names, 'plugin'),
      },
    ];
  });
  return () => {
    removeSources();
    removeCounts();
  };
}

/** The numbers of names of one kind, per registry. */
function pointsOf(counts: Counts['names'], wanted: EntryKind): Gauge['points'] {
  return counts
    .filter(({ kind }) => kind === wanted)
    .map(({ registry, names }) => ({ value: names, attributes: { registry } }));
}

function cached<Value>(maxAgeMs: number, read: () => Promise<Value>): () => Promise<Value> {
  let known: { readonly value: Promise<Value>; readonly readAt: number } | undefined;
  return async () => {
    if (known === undefined || Date.now() - known.readAt > maxAgeMs) {
      const value = read();
      known = { value, readAt: Date.now() };
      value.catch(() => (known = undefined));
    }
    return await known.value;
  };
}

function sourceGauges(states: readonly SourceState[], nowMs: number): Gauge[] {
  const gauge = (
    name: string,
    {
      description,
      unit,
      value,
    }: Pick<Gauge, 'description' | 'unit'> & { value: (state: SourceState) => number | null },
  ): Gauge => ({
    name: `rollcall.source.${name}`,
    description,
    ...(unit !== undefined && { unit }),
    points: states.flatMap((state) => {
      const known = value(state);
      return known === null ? [] : [{ value: known, attributes: { source: state.name } }];
    }),
  });
  return [
    {
      name: 'rollcall.source.phase',
      description: 'Always 1; the label phase is idle, syncing, failing, paused, or retiring',
      points: states.map(({ name, kind, phase }) => ({ value: 1, attributes: { source: name, kind, phase } })),
    },
    gauge('created.timestamp', {
      description: 'Unix time at which the source was created',
      unit: 's',
      value: ({ createdAtMs }) => seconds(createdAtMs),
    }),
    gauge('last_success.timestamp', {
      description: 'Unix time of the last successful sync, or of a later check that found nothing new',
      unit: 's',
      value: ({ lastSuccessAtMs }) => seconds(lastSuccessAtMs),
    }),
    gauge('last_attempt.timestamp', {
      description: 'Unix time of the start of the last sync, or of a later check that found nothing new',
      unit: 's',
      value: ({ lastAttemptAtMs }) => seconds(lastAttemptAtMs),
    }),
    gauge('next_due.timestamp', {
      description: 'Unix time at which the next check or sync begins at the latest',
      unit: 's',
      value: ({ dueAtMs }) => seconds(dueAtMs),
    }),
    gauge('lateness', {
      description: 'Time since the next check or sync was due; 0 if it is not overdue',
      unit: 's',
      value: (state) => (state.dueAtMs === null ? null : latenessMs(state, nowMs) / 1000),
    }),
    gauge('interval', {
      description: 'Configured time between checks',
      unit: 's',
      value: ({ intervalMs }) => seconds(intervalMs),
    }),
    gauge('consecutive_failures', {
      description: 'Failed syncs since the last success',
      value: ({ failures }) => failures,
    }),
    gauge('last_sync.duration', {
      description: 'Duration of the last sync that ended',
      unit: 's',
      value: ({ lastDurationMs }) => seconds(lastDurationMs),
    }),
    gauge('rejected_entries', {
      description: 'Entries that the last sync rejected',
      value: ({ rejected }) => rejected,
    }),
    gauge('warnings', {
      description: 'Warnings of the last sync about single entries',
      value: ({ warnings }) => warnings,
    }),
  ];
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
