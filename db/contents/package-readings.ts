/** Stores which skills and plugins have packages to read, and the results of reading them. */
import { sql } from 'slonik';
import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import type { EntryFile } from '../../registry/entry.ts';
import type { Verification } from '../../registry/skills/provenance.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { id, nothing } from '../connection/schemas.ts';
import { textOrNull, withoutNul } from '../connection/stored-text.ts';
import { lockRegistriesOf, lockSource, raiseRevisions } from '../entries/ownership.ts';
import { searchText } from '../entries/search-text.ts';
import { addSearchedTexts } from '../entries/searched-texts.ts';
import { replaceFiles } from './entry-files.ts';

const dueEntryRow = z.object({
  id,
  sourceId: id,
  name: z.string(),
  version: z.string(),
  title: z.string().nullable(),
  description: z.string(),
  document: z.string(),
  /** Changes with every change of the entry. */
  state: z.string(),
  /** Whether a sync has stored its files. */
  hasOwnFiles: z.boolean(),
  /** The result of the last reading; all members are null if there was none. */
  named: z.instanceof(Buffer).nullable(),
  package: z.string().nullable(),
  fault: z.string().nullable(),
  verification: z.custom<Verification>().nullable(),
  failures: z.number().nullable(),
  /** Whether the time has come to read it again, although it may not have changed. */
  isTimeUp: z.boolean(),
});
/** A skill or plugin whose packages must be read. */
export type DueEntry = z.infer<typeof dueEntryRow>;

/** Entries whose packages are read, with the results of the last reading. */
const READABLE = sql.fragment`
  (select * from entry where kind <> 'server' and status <> 'deleted') as entry
  left join package_reading as reading on reading.entry_id = entry.id`;

/** Entries that are new or have changed since they were read, and those whose time has come. */
const IS_DUE = sql.fragment`
  (reading.entry_id is null or reading.read_at < entry.changed_at or reading.due_at <= now())`;

const IS_FAULTY = sql.fragment`(reading.fault is not null or reading.verification->>'result' = 'failed')`;

/** @param sourceName the source; null for all sources */
function ofSource(sourceName: string | null): FragmentSqlToken {
  return sourceName === null
    ? sql.fragment`true`
    : sql.fragment`entry.source_id = (select id from source where name = ${sourceName})`;
}

/**
 * The first due entries: those that have failed least, and latest versions first. With null as `sourceName`, those of
 * all sources.
 */
export async function listDueEntries(
  database: Database,
  { sourceName, limit }: { readonly sourceName: string | null; readonly limit: number },
): Promise<readonly DueEntry[]> {
  return await database.any(sql.type(dueEntryRow)`
    select entry.id, entry.source_id as "sourceId", entry.name, entry.version, entry.title, entry.description,
      entry.document, entry.changed_at::text as state, reading.named, reading.package, reading.fault,
      reading.verification, reading.failures, (reading.due_at <= now()) is not false as "isTimeUp",
      reading.package is null and exists (select from entry_file where entry_id = entry.id) as "hasOwnFiles"
    from ${READABLE} where ${IS_DUE} and ${ofSource(sourceName)}
    order by reading.failures nulls first, entry.is_latest desc, entry.id limit ${limit}`);
}

const answerRow = z.object({ answer: z.boolean() });

/**
 * Whether there are due entries, or entries to warn about. With null as `sourceName`, whether any source has due
 * entries.
 */
export async function needsReading(database: Database, sourceName: string | null): Promise<boolean> {
  const isFaulty = sourceName === null ? sql.fragment`false` : IS_FAULTY;
  return await database.oneFirst(sql.type(answerRow)`
    select exists (
      select from ${READABLE} where ${ofSource(sourceName)} and (${IS_DUE} or ${isFaulty})
    ) as answer`);
}

/** Makes all entries of a source due. */
export async function makeEntriesDue(database: Database, sourceName: string): Promise<void> {
  await database.query(sql.type(nothing)`
    update package_reading set due_at = now() from entry where entry.id = entry_id and ${ofSource(sourceName)}`);
}

const faultyRow = z.object({ name: z.string(), version: z.string(), reason: z.string() });

/** The entries of a source whose files can't be read, or whose signature is wrong, by name. */
export async function listFaultyEntries(
  database: Database,
  { sourceName, limit }: { readonly sourceName: string; readonly limit: number },
): Promise<readonly z.infer<typeof faultyRow>[]> {
  return await database.any(sql.type(faultyRow)`
    select entry.name, entry.version, case
      when reading.fault is not null then 'its files are not stored: ' || reading.fault
      else 'its signature is not the expected one: ' || coalesce(reading.verification->>'reason', '') end as reason
    from ${READABLE} where ${ofSource(sourceName)} and ${IS_FAULTY}
    order by entry.name, entry.version limit ${limit}`);
}

/** The result of reading the packages of an entry. */
export interface PackageReading {
  readonly entry: DueEntry;
  readonly named: Buffer;
  /** The package that the files come from; null if there are no files, or if a sync has stored them. */
  readonly package: string | null;
  /** The files; null if the stored ones stay unchanged. */
  readonly files: readonly EntryFile[] | null;
  /** Further text that searches look through. Ignored if the files stay as they are. */
  readonly searchedText: string | undefined;
  readonly fault: string | null;
  readonly verification: Verification | null;
  readonly failures: number;
  /**
   * Milliseconds until the entry is read again. With null, it is only read again if it changes; with undefined, at the
   * time that was planned before.
   */
  readonly againAfterMs: number | null | undefined;
}

/**
 * Stores readings of one source, and makes them visible. Entries that have changed meanwhile are left alone: they are still
 * due. The content of the files must be stored.
 */
export async function storeReadings(
  database: Database,
  sourceId: string,
  readings: readonly PackageReading[],
): Promise<void> {
  await database.transaction(async (transaction) => {
    if ((await lockSource(transaction, sql.fragment`id = ${sourceId}`)) === null) return;
    const changed: string[] = [];
    for (const reading of readings) {
      if (await storeReading(transaction, reading)) changed.push(reading.entry.name);
    }
    if (changed.length === 0) return;
    await raiseRevisions(transaction, await lockRegistriesOf(transaction, sourceId), [...new Set(changed)]);
  });
}

const storedRow = z.object({ search: z.string(), isSame: z.boolean() });

/** Returns whether readers see a difference. */
async function storeReading(transaction: Transaction, reading: PackageReading): Promise<boolean> {
  const { entry, files } = reading;
  const fault = textOrNull(reading.fault);
  const verification = reading.verification === null ? null : JSON.stringify(reading.verification);
  const stored = await transaction.maybeOne(sql.type(storedRow)`
    select entry.search_text as search,
      (reading.package, reading.fault, reading.verification)
        is not distinct from (${reading.package}, ${fault}, ${verification}::jsonb) as "isSame"
    from entry left join package_reading as reading on reading.entry_id = entry.id
    where entry.id = ${entry.id} and entry.changed_at::text = ${entry.state}`);
  if (stored === null) return false;
  const filesDiffer = files !== null && (await replaceFiles(transaction, entry.id, files));
  const { searchedText } = reading;
  const text = withoutNul(searchText({ ...entry, ...(searchedText !== undefined && { searchedText }) }));
  const textDiffers = files !== null && text !== stored.search;
  if (textDiffers) {
    await addSearchedTexts(transaction, [{ name: entry.name, text }]);
    await transaction.query(sql.type(nothing)`update entry set search_text = ${text} where id = ${entry.id}`);
  }
  const { againAfterMs } = reading;
  const seconds = againAfterMs == null ? null : againAfterMs / 1000;
  const dueAt = againAfterMs === undefined ? sql.fragment`package_reading.due_at` : sql.fragment`excluded.due_at`;
  await transaction.query(sql.type(nothing)`
    insert into package_reading (entry_id, named, package, fault, verification, failures, read_at, due_at)
    select ${entry.id}, ${sql.binary(reading.named)}, ${reading.package}, ${fault}, ${verification}::jsonb,
      ${reading.failures}, at, coalesce(at + make_interval(secs => ${seconds}), 'infinity')
    from clock_timestamp() as at
    on conflict (entry_id) do update set named = excluded.named, package = excluded.package, fault = excluded.fault,
      verification = excluded.verification, failures = excluded.failures, read_at = excluded.read_at,
      due_at = ${dueAt}`);
  return filesDiffer || textDiffers || !stored.isSame;
}
