import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import { draftDigest, draftFromServerJson } from '../../registry/document/draft.ts';
import { ENTRY_STATUSES, type EntryDraft, type EntryStatus } from '../../registry/entry.ts';
import { entryLabel, kindOfName } from '../../registry/entry-kind.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import { versionOrder } from '../../registry/versions.ts';
import type { Transaction } from '../connection/database.ts';
import { count, id, nothing } from '../connection/schemas.ts';
import { replaceOwnClaims, writeClaimsOfPublished } from '../claims/server-claims.ts';
import { searchText } from '../entries/search-text.ts';
import { addSearchedTexts } from '../entries/searched-texts.ts';

/** A write to a managed source. */
export type EntryWrite =
  | {
      readonly kind: 'publish';
      /** The stored name (registry/entry-kind.ts), as in all writes. */
      readonly name: string;
      readonly version: string;
      /** The document to serve, checked by the strict rules. */
      readonly document: string;
      /**
       * Claims required for reading the server. An existing name must require the same. If they are absent, an existing
       * name keeps its claims, and a new one requires those of its source.
       */
      readonly claims?: Claims | undefined;
    }
  | {
      readonly kind: 'replace';
      readonly name: string;
      readonly version: string;
      readonly document: string;
    }
  | {
      readonly kind: 'status';
      readonly name: string;
      /** The version; null for all versions. */
      readonly version: string | null;
      readonly status: EntryStatus;
      readonly statusMessage: string | null;
    }
  | { readonly kind: 'remove'; readonly name: string; readonly version: string }
  | {
      readonly kind: 'claims';
      readonly name: string;
      /** Claims belong to the name. */
      readonly version: null;
      /** The claims; empty if the name has none of its own, so that those of its source are required. */
      readonly claims: Claims;
    };

/** Outcome of a write: the number of entries written (and the versions, if a status changed), or the reason for none. */
export const writeOutcome = z.union([
  z.object({ entries: z.number(), versions: z.array(z.string()).optional() }),
  z.object({
    failure: z.object({
      type: z.enum([
        'EntryInvalid',
        'EntryExists',
        'EntryNotFound',
        'EntryUnchanged',
        'ClaimsMismatch',
        'SourceNotManaged',
      ]),
      message: z.string(),
    }),
  }),
]);
export type WriteOutcome = z.infer<typeof writeOutcome>;
type WriteFailure = Extract<WriteOutcome, { failure: unknown }>;

/** A write to the entries of a (locked) managed source. */
export interface ManagedWrite {
  readonly sourceId: string;
  /** The time for all rows that the write changes. */
  readonly at: string;
  readonly write: EntryWrite;
}

/**
 * Writes entries and claims. The caller must update what is derived from them: the latest version, and the owner and
 * claims of the name in each registry.
 */
export async function writeEntries(transaction: Transaction, managed: ManagedWrite): Promise<WriteOutcome> {
  const { write } = managed;
  switch (write.kind) {
    case 'publish':
    case 'replace':
      return await writeDocument(transaction, managed, write);
    case 'status':
      return await setStatus(transaction, managed, write);
    case 'remove':
      return await setStatus(transaction, managed, { ...write, status: 'deleted', statusMessage: null });
    case 'claims':
      return await setClaims(transaction, managed, write);
    default:
      throw new TypeError(`Unknown write: ${JSON.stringify(write satisfies never)}`);
  }
}

type DocumentWrite = Extract<EntryWrite, { kind: 'publish' | 'replace' }>;
const storedEntryRow = z.object({ id, status: z.enum(ENTRY_STATUSES), document: z.string() });
type StoredEntry = z.infer<typeof storedEntryRow>;

async function writeDocument(
  transaction: Transaction,
  managed: ManagedWrite,
  write: DocumentWrite,
): Promise<WriteOutcome> {
  const kind = kindOfName(write.name);
  const found = { text: write.document, parsed: JSON.parse(write.document) as unknown };
  const outcome = kind === 'server' ? draftFromServerJson(found) : draftFromSkill(kind, found);
  if ('rejection' in outcome) return failure('EntryInvalid', outcome.rejection.reason);
  const stored = await transaction.maybeOne(sql.type(storedEntryRow)`
    select id, status, document from entry
    where source_id = ${managed.sourceId} and name = ${write.name} and version = ${write.version}`);
  return write.kind === 'publish'
    ? await publish(transaction, managed, { draft: outcome.draft, stored, claims: write.claims })
    : await replace(transaction, managed, { draft: outcome.draft, stored });
}

interface DraftOverStored {
  readonly draft: EntryDraft;
  readonly stored: StoredEntry | null;
}

async function publish(
  transaction: Transaction,
  { sourceId, at }: ManagedWrite,
  { draft, stored, claims }: DraftOverStored & { readonly claims: Claims | undefined },
): Promise<WriteOutcome> {
  if (stored !== null) {
    const before = stored.status === 'deleted' ? "was deleted: its version can't be used again" : 'already exists';
    return failure('EntryExists', `Version ${draft.version} of ${entryLabel(draft.name)} ${before}.`);
  }
  const { name } = draft;
  if (!(await writeClaimsOfPublished(transaction, { sourceId, name }, claims))) {
    return failure(
      'ClaimsMismatch',
      `${entryLabel(name)} already exists and requires other claims: omit them, or change its claims.`,
    );
  }
  await insertEntry(transaction, sourceId, { draft, publishedAt: at, updatedAt: at, changedAt: at });
  return { entries: 1 };
}

/** A new version, with its dates in RFC 3339. */
export interface NewEntry {
  readonly draft: EntryDraft;
  readonly publishedAt: string;
  readonly updatedAt: string;
  /** The time at which readers who follow changes see the version appear. */
  readonly changedAt: string;
}

/** Adds a version to a (locked) managed source. The caller must update what is derived from it. */
export async function insertEntry(
  transaction: Transaction,
  sourceId: string,
  { draft, publishedAt, updatedAt, changedAt }: NewEntry,
): Promise<void> {
  const text = searchText(draft);
  await transaction.query(sql.type(nothing)`
    insert into entry (source_id, name, version, version_order, document, digest, title, description, tags, search_text,
      status, status_changed_at, published_at, updated_at, changed_at)
    values (${sourceId}, ${draft.name}, ${draft.version}, ${versionOrder(draft.version)}, ${draft.document},
      ${sql.binary(draftDigest(draft))}, ${draft.title}, ${draft.description}, ${sql.array(draft.tags, 'text')},
      ${text}, ${firstStatus(draft)}, ${publishedAt}, ${publishedAt}, ${updatedAt}, ${changedAt})`);
  await addSearchedTexts(transaction, [{ name: draft.name, text }]);
}

/** The documents of skills and plugins have a status. Servers are always published as active. */
function firstStatus({ name, status }: EntryDraft): EntryStatus {
  return kindOfName(name) === 'server' ? 'active' : status;
}

/** Replaces the document of an existing version. Its status and publication date don't change. */
async function replace(
  transaction: Transaction,
  { at }: ManagedWrite,
  { draft, stored }: DraftOverStored,
): Promise<WriteOutcome> {
  if (stored === null || stored.status === 'deleted') {
    return failure('EntryNotFound', `There is no version ${draft.version} of ${entryLabel(draft.name)}.`);
  }
  if (stored.document === draft.document) return { entries: 0 };
  const text = searchText(draft);
  await transaction.query(sql.type(nothing)`
    update entry set document = ${draft.document}, digest = ${sql.binary(draftDigest(draft))}, title = ${draft.title},
      description = ${draft.description}, tags = ${sql.array(draft.tags, 'text')}, search_text = ${text},
      updated_at = ${at}, changed_at = ${at}
    where id = ${stored.id}`);
  await addSearchedTexts(transaction, [{ name: draft.name, text }]);
  return { entries: 1 };
}

type StatusWrite = Omit<Extract<EntryWrite, { kind: 'status' }>, 'kind'> & { readonly kind: 'status' | 'remove' };
const statusRow = z.object({ id, version: z.string(), alreadySo: z.boolean() });

/** `status_changed_at` moves only with the status itself, not with its message. */
async function setStatus(
  transaction: Transaction,
  { sourceId, at }: ManagedWrite,
  { kind, name, version, status, statusMessage }: StatusWrite,
): Promise<WriteOutcome> {
  const ofVersion = version === null ? sql.fragment`true` : sql.fragment`version = ${version}`;
  const entries = await transaction.any(sql.type(statusRow)`
    select id, version, status = ${status} and status_message is not distinct from ${statusMessage} as "alreadySo"
    from entry where source_id = ${sourceId} and name = ${name} and ${ofVersion}`);
  const toWrite = entries.filter(({ alreadySo }) => !alreadySo);
  if (toWrite.length === 0) {
    const label = entryLabel(name);
    const which = version === null ? label : `version ${version} of ${label}`;
    // A deleted version can't be deleted again.
    return entries.length === 0 || kind === 'remove'
      ? failure('EntryNotFound', `There is no ${which}.`)
      : failure('EntryUnchanged', `Nothing to change: ${which} already has this status and message.`);
  }
  await transaction.query(sql.type(nothing)`
    update entry set status = ${status}, status_message = ${statusMessage}, updated_at = ${at}, changed_at = ${at},
      status_changed_at = case when status = ${status} then status_changed_at else ${at} end
    where id = any(${sql.array(
      toWrite.map((entry) => entry.id),
      'int8',
    )})`);
  return { entries: toWrite.length, versions: toWrite.map((entry) => entry.version) };
}

type ClaimsWrite = Extract<EntryWrite, { kind: 'claims' }>;
const versionsRow = z.object({ versions: count });

/** All versions of the name count as written. */
async function setClaims(
  transaction: Transaction,
  { sourceId }: ManagedWrite,
  { name, claims }: ClaimsWrite,
): Promise<WriteOutcome> {
  const versions = await transaction.oneFirst(sql.type(versionsRow)`
    select count(*) as versions from entry where source_id = ${sourceId} and name = ${name}`);
  if (versions === 0) return failure('EntryNotFound', `There is no ${entryLabel(name)}.`);
  const isChanged = await replaceOwnClaims(transaction, { sourceId, name }, claims);
  return { entries: isChanged ? versions : 0 };
}

export function failure(type: WriteFailure['failure']['type'], message: string): WriteFailure {
  return { failure: { type, message } };
}
