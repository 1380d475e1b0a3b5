/**
 * The outputs of the admin API. Members that aren't listed here don't leave the server, for example members of a source
 * that only syncs read, or the revision of a registry, which also changes with entries that the caller can't see.
 * Records that callers see unchanged, such as syncs and audit events, have the schema of their rows.
 */
import { z } from 'zod';
import { stagedEntryRow } from '../../db/configuration/trials.ts';
import { choiceRow } from '../../db/entries/catalog.ts';
import type { EntryPackages } from '../../db/entries/entry-rows.ts';
import { changeRow } from '../../db/syncs/sync-changes.ts';
import { findingRow } from '../../db/syncs/sync-findings.ts';
import { syncRunRow } from '../../db/syncs/sync-runs.ts';
import { auditEventRow } from '../../db/upkeep/audit-events.ts';
import { type Claims, isClaims } from '../../registry/claims.ts';
import { ENTRY_KINDS } from '../../registry/entry-kind.ts';
import { ENTRY_STATUSES } from '../../registry/entry.ts';
import { ROLES } from '../../registry/roles.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import type { SourceDescription } from '../../workflows/contract/source-actor.ts';
import type { SyncReport } from '../../workflows/contract/syncs.ts';

const text = z.string();
const maybe = text.nullable();
const claims = z.custom<Claims>(isClaims).nullable();
const listOf = <Schema extends z.ZodType>(schema: Schema): z.ZodReadonly<z.ZodArray<Schema>> =>
  z.array(schema).readonly();

export const nothing = z.void();

export const runs = listOf(syncRunRow);
const findings = listOf(findingRow);
export const runDetails = syncRunRow.extend({ findings, changes: listOf(changeRow) });

export const trial = z.object({
  /** The failure of the fetch; null if it succeeded. */
  failure: z.object({ type: text, message: text }).nullable(),
  /** The first of the `total` entries that a sync would accept, by name. */
  entries: listOf(stagedEntryRow),
  total: z.number(),
  /** The first rejections and warnings. */
  findings,
});
export type Trial = z.output<typeof trial>;

/** Messages of the actor, as its workflow defines them. */
export const syncNowResult = z.object({
  number: z.number(),
  workflowId: text,
  report: z.custom<SyncReport>(isObject).optional(),
});

const source = z.object({
  id: text,
  name: text,
  kind: text,
  origin: z.enum(['file', 'api']),
  definition: z.custom<SourceDefinition>(isObject),
  claims,
  detachedAt: maybe,
  nextSyncNumber: z.number(),
  paused: z.boolean(),
  isForceRequested: z.boolean(),
  isEraseRequested: z.boolean(),
  createdAt: text,
  updatedAt: text,
  lastRun: syncRunRow.nullable(),
});
/** The state of a source. Times are RFC 3339. */
const sourceHealth = z.object({
  /** `failing` and `paused` take precedence over `syncing`. */
  phase: z.enum(['idle', 'syncing', 'failing', 'paused', 'retiring']),
  /** Whether a sync is running. `nextAttempt` is then the time at which it is abandoned. */
  isSyncing: z.boolean(),
  /** Failed syncs since the last success. */
  failures: z.number(),
  failingSince: maybe,
  /** The failure of the newest failed sync. It stays while the next sync runs. */
  failure: z.object({ type: text, message: text, at: text }).nullable(),
  lastSuccess: maybe,
  lastAttempt: maybe,
  /**
   * The latest time at which the next check or sync begins. Null if only a message starts one, or while the source is
   * paused.
   */
  nextAttempt: maybe,
  /** Whether the next attempt should have begun more than a minute ago. */
  isOverdue: z.boolean(),
});
export type SourceHealth = z.output<typeof sourceHealth>;

const listedSource = source.extend({
  entryCount: z.number(),
  entryCounts: z.object({ server: z.number(), skill: z.number(), plugin: z.number() }),
  state: sourceHealth,
});
export const sources = listOf(listedSource);
export const sourceDetails = listedSource.extend({
  actor: z.custom<SourceDescription>(isObject).nullable(),
  written: z.record(text, z.unknown()).readonly(),
});
/** The change is stored. */
export const changed = z.object({
  /**
   * Whether Temporal was unavailable, so that the source's actor doesn't know the change yet. The next housekeeping
   * tells it, within minutes after Temporal is available again.
   */
  isPending: z.boolean(),
});
export type Changed = z.output<typeof changed>;
export const changedSource = source.extend(changed.shape);

export const sourceProgress = z.object({
  /** The newest sync, which runs while it has no `endedAt`. Null if there was none yet. */
  run: syncRunRow.nullable(),
  /** Entries that a running sync has staged so far. */
  stagedEntries: z.number(),
  paused: z.boolean(),
});
export type SourceProgress = z.output<typeof sourceProgress>;

export const registry = z.object({
  id: text,
  name: text,
  origin: z.enum(['file', 'api']),
  isDefault: z.boolean(),
  isImplicit: z.boolean(),
  access: z.enum(['protected', 'public']),
  claims,
  sources: z.array(text),
  createdAt: text,
  updatedAt: text,
});
export const registries = listOf(registry);
export const readableRegistries = listOf(registry.pick({ name: true, isDefault: true, access: true }));

export const viewAs = z.object({
  /** Whether the registry is visible at all. If not, requests for it are answered with 404. */
  isVisible: z.boolean(),
  /** The roles that the claims give. */
  roles: listOf(z.enum(ROLES)),
  /** The latest versions of the first visible entries of the kind, by name. */
  entries: listOf(z.object({ name: text, version: text, sourceName: text })),
  /** The name after which the next page begins; null on the last page. */
  next: maybe,
});
export type ViewAs = z.output<typeof viewAs>;

const entryKind = z.enum(ENTRY_KINDS);

export const entry = z.object({
  entryKind,
  name: text,
  version: text,
  document: text,
  status: z.enum(ENTRY_STATUSES),
  statusMessage: maybe,
  statusChangedAt: text,
  publishedAt: text,
  updatedAt: text,
  isLatest: z.boolean(),
  sourceName: text,
  sourceKind: text,
  commitId: maybe,
  reading: z.custom<EntryPackages>(isObject).nullable(),
});
export const changedEntries = z.object({ updatedCount: z.number(), versions: listOf(entry) });
const listedEntry = entry
  .pick({
    entryKind: true,
    name: true,
    version: true,
    status: true,
    isLatest: true,
    publishedAt: true,
    updatedAt: true,
  })
  .extend({ title: maybe, description: text, sourceName: text, position: z.number(), claims });
export const entryPage = z.object({
  /** Ordered by stored name, version, and position of the source. */
  entries: listOf(listedEntry),
  /** Start of the next page; null on the last page. */
  next: listedEntry.pick({ entryKind: true, name: true, version: true, position: true }).nullable(),
});
export type EntryPage = z.output<typeof entryPage>;

export const catalogPage = z.object({
  servers: listOf(
    z.object({
      name: text,
      version: text,
      title: maybe,
      description: text,
      status: z.enum(ENTRY_STATUSES),
      updatedAt: text,
      sourceName: text,
      facets: z.array(text),
    }),
  ),
  total: z.number(),
});
export const catalogChoices = listOf(choiceRow.extend({ servers: z.number() }));
export const catalogVersions = listOf(
  entry.pick({ version: true, status: true, statusMessage: true, publishedAt: true, isLatest: true }),
);
export const catalogEntry = entry.extend({ syncNumber: z.number().nullable() });
export const entryClaims = z.object({ claims, areOwn: z.boolean() });

export const auditEvents = listOf(auditEventRow);

export const me = z.object({
  kind: z.enum(['everybody', 'public', 'token']),
  subject: maybe,
  issuer: maybe,
  displayName: maybe,
  roles: z.array(z.enum(ROLES)),
  mayWrite: z.boolean(),
});
export const session = me.extend({
  providers: z.array(text),
  session: z.object({ expiresAt: maybe, canRenew: z.boolean() }).nullable(),
  version: text,
});
export const system = z.object({
  software: z.object({ version: text, commit: text, buildDate: text }),
  temporal: z.object({ address: text, namespace: text, uiUrl: text.optional() }),
  workers: z
    .object({
      taskQueues: listOf(z.object({ name: text, workers: z.number() })),
      workers: listOf(z.object({ identity: text, version: maybe, lastPollAt: text })),
    })
    .nullable(),
  counts: z.object({ sources: z.number(), registries: z.number(), entries: z.number() }),
});

/** A time in RFC 3339, or null. */
export function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
