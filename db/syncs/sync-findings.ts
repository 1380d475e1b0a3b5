/** Rejections and warnings of syncs. */
import { hash } from 'node:crypto';
import { sql } from 'slonik';
import { z } from 'zod';
import type { EntryFinding } from '../../registry/entry.ts';
import type { Database } from '../connection/database.ts';
import { count, nothing } from '../connection/schemas.ts';
import { textOrNull, withoutNul } from '../connection/stored-text.ts';

/** Maximum number of stored findings per sync and severity. All of them are counted. */
export const MAX_FINDINGS = 1_000;

/** Also an output of the admin API. */
export const findingRow = z.object({
  severity: z.enum(['rejection', 'warning']),
  ordinal: z.number(),
  location: z.string().nullable(),
  name: z.string().nullable(),
  version: z.string().nullable(),
  reason: z.string(),
});

/** Maximum length of each listed text of a finding, in characters: an entry can have any name. */
const MAX_FINDING_TEXT = 2000;

/**
 * The findings of a sync in the order of its snapshot, rejections before warnings. `limit` and `offset` apply to each
 * severity.
 */
export async function listFindings(
  database: Database,
  query: { readonly syncRunId: string; readonly limit: number; readonly offset: number },
): Promise<readonly EntryFinding[]> {
  return await database.any(sql.type(findingRow)`
    select severity, finding.ordinal, left(location, ${MAX_FINDING_TEXT}) as location,
      left(name, ${MAX_FINDING_TEXT}) as name, left(version, ${MAX_FINDING_TEXT}) as version,
      left(reason, ${MAX_FINDING_TEXT}) as reason
    from (
      select *, row_number() over (partition by severity order by ordinal, reason) as place from sync_finding
      where sync_run_id = (select coalesce(findings_run_id, id) from sync_run where id = ${query.syncRunId})
    ) as finding left join (
      select located.* from sync_run, jsonb_each_text(finding_locations) as located (ordinal, location)
      where id = ${query.syncRunId}
    ) as located on located.ordinal = finding.ordinal::text
    where place > ${query.offset} and place <= ${query.offset + query.limit}
    order by severity, finding.ordinal, reason`);
}

const severityCountRow = z.object({ severity: z.enum(['rejection', 'warning']), kept: z.number() });

/**
 * Stores all findings of a sync, up to 1,000 per severity. If the previous sync had the same ones, only a reference to it
 * and the locations are stored: otherwise a source with a thousand warnings would write as many rows with every sync.
 */
export async function recordFindings(
  database: Database,
  syncRunId: string,
  findings: readonly EntryFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const digest = sql.binary(hash('sha256', JSON.stringify(findings.map(findingTuple)), 'buffer'));
  const { rowCount: shared } = await database.query(sql.type(nothing)`
    update sync_run set findings_digest = ${digest}, findings_run_id = same.id,
      finding_locations = ${locationsOf(findings)}::jsonb
    from (
      select coalesce(before.findings_run_id, before.id) as id, before.findings_digest as digest
      from sync_run as before join sync_run as run on run.source_id = before.source_id and before.number < run.number
      where run.id = ${syncRunId} and before.findings_digest is not null order by before.number desc limit 1
    ) as same
    where sync_run.id = ${syncRunId} and same.digest = ${digest}`);
  // Findings of an interrupted attempt.
  await database.query(sql.type(nothing)`delete from sync_finding where sync_run_id = ${syncRunId}`);
  if (shared > 0) return;
  await addFindings(database, syncRunId, findings);
  await database.query(sql.type(nothing)`
    update sync_run set findings_digest = ${digest} where id = ${syncRunId}`);
}

/** Adds findings to those of the sync, up to 1,000 per severity. Duplicates are ignored. */
export async function addFindings(
  database: Database,
  syncRunId: string,
  findings: readonly EntryFinding[],
): Promise<void> {
  if (findings.length === 0) return;
  const counts = await database.any(sql.type(severityCountRow)`
    select severity, count(*)::integer as kept from sync_finding where sync_run_id = ${syncRunId} group by severity`);
  const room = (severity: EntryFinding['severity']): number =>
    MAX_FINDINGS - (counts.find((row) => row.severity === severity)?.kept ?? 0);
  const kept = (['rejection', 'warning'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity).slice(0, Math.max(0, room(severity))),
  );
  if (kept.length === 0) return;
  await database.query(sql.type(nothing)`
    insert into sync_finding (sync_run_id, ordinal, severity, name, version, reason)
    select ${syncRunId}, * from ${sql.unnest(kept.map(findingTuple), ['int4', 'text', 'text', 'text', 'text'])}
    on conflict do nothing`);
  await database.query(sql.type(nothing)`
    update sync_run set finding_locations = coalesce(finding_locations, '{}') || ${locationsOf(kept)}::jsonb
    where id = ${syncRunId}`);
}

const addedRow = z.object({ added: count });

/**
 * Adds warnings about entries to a sync that has ended. From now on it has findings of its own: the next sync compares its
 * findings with those that a fetch found.
 */
export async function addLateWarnings(
  database: Database,
  syncRunId: string,
  warnings: readonly { readonly name: string; readonly version: string; readonly reason: string }[],
): Promise<void> {
  if (warnings.length === 0) return;
  const rows = warnings.map(({ name, version, reason }) => [textOrNull(name), textOrNull(version), withoutNul(reason)]);
  await database.transaction(async (transaction) => {
    await transaction.query(sql.type(nothing)`
      insert into sync_finding (sync_run_id, ordinal, severity, name, version, reason)
      select ${syncRunId}, ordinal, severity, name, version, reason from sync_finding
      where sync_run_id = (select findings_run_id from sync_run where id = ${syncRunId}) on conflict do nothing`);
    const added = await transaction.oneFirst(sql.type(addedRow)`
      with added as (
        insert into sync_finding (sync_run_id, ordinal, severity, name, version, reason)
        select ${syncRunId}, sync_run.entries + found.place, 'warning', found.name, found.version, found.reason
        from sync_run, ${sql.unnest(rows, ['text', 'text', 'text'])} with ordinality as found (name, version, reason, place)
        where sync_run.id = ${syncRunId} and not exists (
          select from sync_finding as same where same.sync_run_id = ${syncRunId}
          and (same.name, same.version, same.reason) = (found.name, found.version, found.reason)
        )
        on conflict do nothing returning 1
      )
      select count(*) as added from added`);
    await transaction.query(sql.type(nothing)`
      update sync_run set findings_run_id = null, findings_digest = null, warnings = warnings + ${added}
      where id = ${syncRunId}`);
  });
}

function findingTuple(finding: EntryFinding): [number, string, string | null, string | null, string] {
  return [
    finding.ordinal,
    finding.severity,
    textOrNull(finding.name),
    textOrNull(finding.version),
    withoutNul(finding.reason),
  ];
}

/** The locations of findings by their ordinals, as JSON text. */
function locationsOf(findings: readonly EntryFinding[]): string {
  const locations = findings.map(({ ordinal, location }) => [ordinal, textOrNull(location)] as const);
  return JSON.stringify(Object.fromEntries(locations.filter(([, location]) => location !== null)));
}
