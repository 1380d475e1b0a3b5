import { sql } from 'slonik';
import { z } from 'zod';
import { ENTRY_KINDS } from '../../registry/entry-kind.ts';
import { isTrial } from '../configuration/trials.ts';
import type { Database } from '../connection/database.ts';
import { count, nothing } from '../connection/schemas.ts';

/** Milliseconds since the epoch. */
const time = z.coerce.number();

const sourceStateRow = z.object({
  name: z.string(),
  kind: z.string(),
  createdAtMs: time,
  paused: z.boolean(),
  /** Whether the source left the configuration. */
  detached: z.boolean(),
  /** Milliseconds between cycles; null if only a message starts a sync. */
  intervalMs: z.number().nullable(),
  /** Timeout of a fetch in milliseconds. */
  deadlineMs: z.number().nullable(),
  /** The last check that found nothing new. */
  nothingNewAtMs: time.nullable(),
  /** The end of the last sync that succeeded. */
  successAtMs: time.nullable(),
  /** Start and end of the newest sync. The end is null while it runs. */
  startedAtMs: time.nullable(),
  endedAtMs: time.nullable(),
  /** The earliest next attempt that the upstream allows. */
  retryAfterMs: time.nullable(),
  /** Failed syncs since the last success, and the start of the first of them. */
  failures: count,
  failingSinceMs: time.nullable(),
  /** The failure of the newest failed sync. */
  failureType: z.string().nullable(),
  failureMessage: z.string().nullable(),
  failureAtMs: time.nullable(),
  /** Duration of the newest sync that has ended; null if there is none. */
  lastDurationMs: time.nullable(),
  rejected: z.number().nullable(),
  warnings: z.number().nullable(),
});
/** The cycles of a source, as recorded in Postgres. */
export type SourceStateRow = z.infer<typeof sourceStateRow>;

/** The states of all sources by name, without trials, in one query that reads a few rows of each. */
export async function listSourceStates(database: Database): Promise<readonly SourceStateRow[]> {
  const rows = await database.any(sql.type(sourceStateRow)`
    select source.name, source.kind, source.paused, source.detached_at is not null as detached,
      ${ms(sql.fragment`source.created_at`)} as "createdAtMs",
      (source.definition #>> '{syncPolicy,intervalMs}')::float8 as "intervalMs",
      (source.definition #>> '{syncPolicy,deadlineMs}')::float8 as "deadlineMs",
      ${ms(sql.fragment`source_check.nothing_new_at`)} as "nothingNewAtMs",
      ${ms(sql.fragment`success.ended_at`)} as "successAtMs",
      ${ms(sql.fragment`newest.started_at`)} as "startedAtMs", ${ms(sql.fragment`newest.ended_at`)} as "endedAtMs",
      ${ms(sql.fragment`newest.retry_after`)} as "retryAfterMs",
      failed.failures, ${ms(sql.fragment`failed.since`)} as "failingSinceMs",
      failure.failure_type as "failureType", failure.failure_message as "failureMessage",
      ${ms(sql.fragment`failure.ended_at`)} as "failureAtMs",
      ${ms(sql.fragment`last.ended_at`)} - ${ms(sql.fragment`last.started_at`)} as "lastDurationMs",
      last.rejected, last.warnings
    from source
    left join source_check on source_check.source_id = source.id
    left join lateral (
      select started_at, ended_at, retry_after from sync_run
      where source_id = source.id order by number desc limit 1
    ) as newest on true
    left join lateral (
      select started_at, ended_at, rejected, warnings from sync_run
      where source_id = source.id and ended_at is not null order by number desc limit 1
    ) as last on true
    left join lateral (
      select number, ended_at from sync_run
      where source_id = source.id and outcome in ('changed', 'unchanged') order by number desc limit 1
    ) as success on true
    cross join lateral (
      select count(*) as failures, min(started_at) as since from sync_run
      where source_id = source.id and outcome = 'failed' and number > coalesce(success.number, 0)
      and ended_at > coalesce(source_check.nothing_new_at, '-infinity')
    ) as failed
    left join lateral (
      select failure_type, failure_message, ended_at from sync_run
      where source_id = source.id and outcome = 'failed' order by number desc limit 1
    ) as failure on failed.failures > 0
    order by source.name`);
  return rows.filter((row) => !isTrial(row));
}

function ms(column: ReturnType<typeof sql.fragment>): ReturnType<typeof sql.fragment> {
  return sql.fragment`(extract(epoch from ${column}) * 1000)::float8`;
}

/** Notes that a check found nothing new. Writes one row in a table of its own, which readers of entries never see. */
export async function noteNothingNew(database: Database, sourceId: string): Promise<void> {
  await database.query(sql.type(nothing)`
    insert into source_check (source_id, nothing_new_at) select id, now() from source where id = ${sourceId}
    on conflict (source_id) do update set nothing_new_at = excluded.nothing_new_at`);
}

const kind = z.enum(ENTRY_KINDS);
const sourceEntriesRow = z.object({ source: z.string(), kind, entries: count });
const registryRow = z.object({ registry: z.string(), revision: count });
const registryNamesRow = z.object({ registry: z.string(), kind, names: count });

/** Numbers of entries per source, and of names per registry, by kind. Takes longer the more entries there are. */
export interface Counts {
  readonly sources: readonly z.infer<typeof sourceEntriesRow>[];
  readonly registries: readonly z.infer<typeof registryRow>[];
  readonly names: readonly z.infer<typeof registryNamesRow>[];
}

export async function countAll(database: Database): Promise<Counts> {
  const kinds = sql.fragment`unnest(${sql.array([...ENTRY_KINDS], 'text')}) as kind (kind)`;
  const [sources, registries, names] = await Promise.all([
    database.any(sql.type(sourceEntriesRow)`
      select source.name as source, kind.kind, coalesce(entries, 0) as entries
      from source cross join ${kinds} left join (
        select source_id, kind, count(*) as entries from entry where status <> 'deleted' group by source_id, kind
      ) as counted on counted.source_id = source.id and counted.kind = kind.kind`),
    database.any(sql.type(registryRow)`select name as registry, revision from registry`),
    database.any(sql.type(registryNamesRow)`
      select registry.name as registry, kind.kind, coalesce(names, 0) as names
      from registry cross join ${kinds} left join (
        select registry_id, kind, count(*) as names from server_owner group by registry_id, kind
      ) as counted on counted.registry_id = registry.id and counted.kind = kind.kind`),
  ]);
  return { sources, registries, names };
}
