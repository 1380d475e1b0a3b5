/** Audit events can only be added, and completed once (see the migration). */
import { sql } from 'slonik';
import { z } from 'zod';
import {
  AUDIT_ACTIONS,
  AUDIT_ACTORS,
  AUDIT_OUTCOMES,
  AUDIT_TARGETS,
  type AuditAction,
  type AuditEvent,
  type AuditOutcome,
  auditText,
} from '../../registry/audit.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { count, nothing, timestamp } from '../connection/schemas.ts';
import { withoutNul } from '../connection/stored-text.ts';

const COLUMNS = [
  ['id', 'uuid'],
  ['at', 'timestamptz'],
  ['action', 'text'],
  ['outcome', 'text'],
  ['actor', 'text'],
  ['subject', 'text'],
  ['issuer', 'text'],
  ['display_name', 'text'],
  ['target_kind', 'text'],
  ['target_name', 'text'],
  ['target_version', 'text'],
  ['target_registry', 'text'],
  ['request_id', 'text'],
  ['source_address', 'text'],
  ['user_agent', 'text'],
  ['count', 'int4'],
  ['detail', 'jsonb'],
] as const;

/** Adds events in one statement. Existing events stay unchanged, so the call can be retried. */
export async function addAuditEvents(
  connection: Pick<Transaction, 'query'>,
  events: readonly AuditEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const columns = sql.join(
    COLUMNS.map(([name]) => sql.identifier([name])),
    sql.fragment`, `,
  );
  await connection.query(sql.type(nothing)`
    insert into audit_event (${columns})
    select * from ${sql.unnest(
      events.map(eventTuple),
      COLUMNS.map(([, type]) => type),
    )}
    on conflict (id) do nothing`);
}

function eventTuple({ target, ...event }: AuditEvent): (string | number | null)[] {
  return [
    event.id,
    event.at,
    event.action,
    event.outcome,
    event.actor,
    stored(event.subject),
    stored(event.issuer),
    stored(event.displayName),
    target.kind,
    stored(target.name),
    stored(target.version),
    stored(target.registry),
    stored(event.requestId),
    stored(event.sourceAddress),
    stored(event.userAgent),
    event.count,
    storedDetail(event.detail),
  ];
}

function stored(text: string | null): string | null {
  return text === null ? null : withoutNul(auditText(text));
}

/** Postgres can't store NUL in JSON texts either, not even as an escape. */
function storedDetail(detail: AuditEvent['detail']): string {
  return JSON.stringify(detail, (_member, value: unknown) => (typeof value === 'string' ? stored(value) : value));
}

/** Completes an event that was added without an outcome. Does nothing if the event has one already. */
export async function completeAuditEvent(database: Database, event: AuditEvent): Promise<void> {
  const { target } = event;
  await database.query(sql.type(nothing)`
    select from complete_audit_event(${event.id}, ${event.action}, ${event.outcome}, ${stored(target.name)},
      ${stored(target.version)}, ${stored(target.registry)}, ${storedDetail(event.detail)}::jsonb)`);
}

/** Deletes an event that was added without an outcome. Does nothing if the event has one. */
export async function discardAuditEvent(database: Database, id: string): Promise<void> {
  await database.query(sql.type(nothing)`select from discard_audit_event(${id})`);
}

export interface AuditQuery {
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** `unknown`: events without an outcome. */
  readonly outcome?: AuditOutcome | 'unknown' | undefined;
  /** The name of an entry, source, or registry, or the method and path of a request. */
  readonly target?: string | undefined;
  /** The earliest time (RFC 3339, inclusive). */
  readonly from?: string | undefined;
  /** The latest time (RFC 3339, exclusive). */
  readonly until?: string | undefined;
  /** The last event of the previous page. */
  readonly before?: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Also an output of the admin API. */
export const auditEventRow = z.object({
  id: z.string(),
  at: timestamp,
  action: z.enum(AUDIT_ACTIONS),
  outcome: z.enum(AUDIT_OUTCOMES).nullable(),
  actor: z.enum(AUDIT_ACTORS),
  subject: z.string().nullable(),
  issuer: z.string().nullable(),
  displayName: z.string().nullable(),
  target: z.object({
    kind: z.enum(AUDIT_TARGETS),
    name: z.string().nullable(),
    version: z.string().nullable(),
    registry: z.string().nullable(),
  }),
  requestId: z.string().nullable(),
  sourceAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  count: z.number(),
  detail: z.record(z.string(), z.unknown()),
});

/** Returns matching events, newest first. */
export async function listAuditEvents(database: Database, query: AuditQuery): Promise<readonly AuditEvent[]> {
  return await database.any(sql.type(auditEventRow)`
    select id, at, action, outcome, actor, subject, issuer, display_name as "displayName",
      json_build_object('kind', target_kind, 'name', target_name, 'version', target_version,
        'registry', target_registry) as target,
      request_id as "requestId", source_address as "sourceAddress", user_agent as "userAgent", count, detail
    from audit_event where ${sql.join(conditions(query), sql.fragment` and `)}
    order by at desc, id desc limit ${query.limit}`);
}

function conditions({ subject, issuer, action, outcome, target, from, until, before }: AuditQuery) {
  return [
    sql.fragment`true`,
    ...(subject === undefined ? [] : [sql.fragment`subject = ${subject}`]),
    ...(issuer === undefined ? [] : [sql.fragment`issuer = ${issuer}`]),
    ...(action === undefined ? [] : [sql.fragment`action = ${action}`]),
    ...(outcome === undefined ? [] : [hasOutcome(outcome)]),
    ...(target === undefined ? [] : [sql.fragment`target_name = ${target}`]),
    ...(from === undefined ? [] : [sql.fragment`at >= ${from}`]),
    ...(until === undefined ? [] : [sql.fragment`at < ${until}`]),
    ...(before === undefined ? [] : [sql.fragment`(at, id) < (${before.at}, ${before.id})`]),
  ];
}

function hasOutcome(outcome: AuditOutcome | 'unknown') {
  return outcome === 'unknown' ? sql.fragment`outcome is null` : sql.fragment`outcome = ${outcome}`;
}

const purgedRow = z.object({ purged: count });

/** Deletes events older than the retention, which is at least a day. Returns the number of deleted events. */
export async function purgeAuditEvents(database: Database, retentionMs: number): Promise<number> {
  return await database.oneFirst(sql.type(purgedRow)`
    select purge_audit_events(make_interval(secs => ${retentionMs / 1000})) as purged`);
}
