/** Copies published versions from another registry into a managed source, with their dates. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { AuditEvent } from '../../registry/audit.ts';
import type { Claims } from '../../registry/claims.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { RollcallError } from '../../registry/failure.ts';
import { MANAGED } from '../../registry/source-definition.ts';
import { writeClaimsOfPublished } from '../claims/server-claims.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { currentTime, lockSource, showChange } from '../entries/ownership.ts';
import { addAuditEvents } from '../upkeep/audit-events.ts';
import { insertEntry } from './managed-entries.ts';

export interface ImportedEntry {
  readonly draft: EntryDraft;
  /** Claims that readers must hold; empty for the claims of the source. */
  readonly claims: Claims;
  /** Publication date (RFC 3339). */
  readonly publishedAt: string;
  readonly updatedAt: string;
}

/** `otherClaims`: the name exists and requires other claims, so the version wasn't added. */
export type ImportOutcome = 'imported' | 'existing' | 'otherClaims';

export interface EntryImport {
  readonly sourceName: string;
  readonly entries: readonly ImportedEntry[];
  /** Returns audit events for the imported versions, which are stored in the same transaction. */
  readonly eventsOf: (imported: readonly ImportedEntry[]) => readonly AuditEvent[];
  /** Whether to find the outcomes without writing anything. */
  readonly isDryRun: boolean;
}

const existingRow = z.object({ name: z.string(), version: z.string() });

/**
 * Adds the versions that the source doesn't have, in one transaction, so that readers see all of them or none. Existing
 * versions are left alone, including deleted ones.
 *
 * @returns the outcome of each version, in order
 * @throws RollcallError `SourceNotManaged` if there is no managed source with this name
 */
export async function importEntries(database: Database, wanted: EntryImport): Promise<readonly ImportOutcome[]> {
  try {
    return await database.transaction((transaction) => importAll(transaction, wanted));
  } catch (error) {
    if (error instanceof DryRun) return error.outcomes;
    throw error;
  }
}

/** Rolls back what a dry run has done to find the outcomes. */
class DryRun extends Error {
  readonly outcomes: readonly ImportOutcome[];

  constructor(outcomes: readonly ImportOutcome[]) {
    super('This is a dry run');
    this.outcomes = outcomes;
  }
}

async function importAll(
  transaction: Transaction,
  { sourceName, entries, eventsOf, isDryRun }: EntryImport,
): Promise<readonly ImportOutcome[]> {
  const sourceId = await lockSource(
    transaction,
    sql.fragment`name = ${sourceName} and kind = ${MANAGED} and detached_at is null`,
  );
  if (sourceId === null) throw new RollcallError('SourceNotManaged', `There is no managed source "${sourceName}".`);
  const at = await currentTime(transaction);
  const existing = await existingVersions(transaction, sourceId);
  const outcomes: ImportOutcome[] = [];
  for (const entry of entries) {
    const { name, version } = entry.draft;
    outcomes.push(
      existing.has(keyOf(name, version)) ? 'existing' : await addEntry(transaction, { sourceId, at }, entry),
    );
  }
  if (isDryRun) throw new DryRun(outcomes);
  const imported = entries.filter((_, index) => outcomes[index] === 'imported');
  const names = [...new Set(imported.map(({ draft }) => draft.name))];
  if (names.length > 0) await showChange(transaction, { sourceId, names, at });
  await addAuditEvents(transaction, eventsOf(imported));
  return outcomes;
}

interface Target {
  readonly sourceId: string;
  readonly at: string;
}

async function addEntry(
  transaction: Transaction,
  { sourceId, at }: Target,
  { draft, claims, publishedAt, updatedAt }: ImportedEntry,
): Promise<ImportOutcome> {
  if (!(await writeClaimsOfPublished(transaction, { sourceId, name: draft.name }, claims))) return 'otherClaims';
  await insertEntry(transaction, sourceId, { draft, publishedAt, updatedAt, changedAt: at });
  return 'imported';
}

async function existingVersions(transaction: Transaction, sourceId: string): Promise<ReadonlySet<string>> {
  const rows = await transaction.any(sql.type(existingRow)`
    select name, version from entry where source_id = ${sourceId}`);
  return new Set(rows.map(({ name, version }) => keyOf(name, version)));
}

/** Neither part can contain a line break. */
function keyOf(name: string, version: string): string {
  return `${name}\n${version}`;
}
