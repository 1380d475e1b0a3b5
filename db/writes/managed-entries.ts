import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import { draftDigest, draftFromServerJson } from '../../registry/draft.ts';
import { ENTRY_STATUSES } from '../../registry/entry.ts';
import type { EntryDraft, EntryStatus } from '../../registry/entry.ts';
import { versionOrder } from '../../registry/versions.ts';
import type { Transaction } from '../connection/database.ts';
import { count, id, nothing } from '../connection/schemas.ts';
import { replaceOwnClaims, writeClaimsOfPublished } from '../claims/server-claims.ts';
import { searchText } from '../entries/search-text.ts';
import { addSearchedText } from '../entries/searched-texts.ts';

/** What is asked of a managed source. */
export type EntryWrite =
  | {
      readonly kind: 'publish';
      readonly name: string;
      readonly version: string;
      /** server.json as it will be served, checked by the strict rules. */
      readonly document: string;
      /**
       * What is required of who reads the server. A name that is there already must require the same. Absent: what the
       * name requires stays, a new one requires what its source does.
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
      /** Null: all versions. */
      readonly version: string | null;
      readonly status: EntryStatus;
      readonly statusMessage: string | null;
    }
  | { readonly kind: 'remove'; readonly name: string; readonly version: string }
  | {
      readonly kind: 'claims';
      readonly name: string;
      /** Claims are those of the name. */
      readonly version: null;
      /** Empty: none of its own, so that it requires what its source does. */
      readonly claims: Claims;
    };

/** What came of a write: how many entries were written (of a change of status also which), or why none was. */
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

/** A write to the entries of a (locked) managed source. */
export interface ManagedWrite {
  readonly sourceId: string;
  /** The moment that every row gets that the write changes. */
  readonly at: string;
  readonly write: EntryWrite;
}

/**
 * Writes the entries and the claims themselves; what follows from them (latest version, owner of the name and its claims
 * in each registry) is left to the caller.
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
      throw new TypeError(`There is no such write: ${JSON.stringify(write satisfies never)}`);
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
  const outcome = draftFromServerJson({ text: write.document, parsed: JSON.parse(write.document) as unknown });
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
    const before = stored.status === 'deleted' ? 'was deleted; its version cannot be used again' : 'exists already';
    return failure('EntryExists', `Version ${draft.version} of ${draft.name} ${before}.`);
  }
  const { name } = draft;
  if (!(await writeClaimsOfPublished(transaction, { sourceId, name }, claims))) {
    return failure(
      'ClaimsMismatch',
      `${name} is there already and requires other claims: leave them out, or change them.`,
    );
  }
  await transaction.query(sql.type(nothing)`
    insert into entry (source_id, name, version, version_order, document, digest, title, description, tags, search_text,
      status, status_changed_at, published_at, updated_at, changed_at)
    values (${sourceId}, ${draft.name}, ${draft.version}, ${versionOrder(draft.version)}, ${draft.document},
      ${sql.binary(draftDigest(draft))}, ${draft.title}, ${draft.description}, ${sql.array(draft.tags, 'text')},
      ${searchText(draft)}, 'active', ${at}, ${at}, ${at}, ${at})`);
  await addSearchedText(transaction, draft);
  return { entries: 1 };
}

/** A new document for a version that is there; its status and the date of its publication stay. */
async function replace(
  transaction: Transaction,
  { at }: ManagedWrite,
  { draft, stored }: DraftOverStored,
): Promise<WriteOutcome> {
  if (stored === null || stored.status === 'deleted') {
    return failure('EntryNotFound', `There is no version ${draft.version} of ${draft.name}.`);
  }
  if (stored.document === draft.document) return { entries: 0 };
  await transaction.query(sql.type(nothing)`
    update entry set document = ${draft.document}, digest = ${sql.binary(draftDigest(draft))}, title = ${draft.title},
      description = ${draft.description}, tags = ${sql.array(draft.tags, 'text')}, search_text = ${searchText(draft)},
      updated_at = ${at}, changed_at = ${at}
    where id = ${stored.id}`);
  await addSearchedText(transaction, draft);
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
    const which = version === null ? name : `version ${version} of ${name}`;
    // What is deleted is not there for those who would delete it.
    return entries.length === 0 || kind === 'remove'
      ? failure('EntryNotFound', `There is no ${which}.`)
      : failure('EntryUnchanged', `Nothing to change: ${which} has this status and message already.`);
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

/** All versions of the name change hands, so all of them count as written. */
async function setClaims(
  transaction: Transaction,
  { sourceId }: ManagedWrite,
  { name, claims }: ClaimsWrite,
): Promise<WriteOutcome> {
  const versions = await transaction.oneFirst(sql.type(versionsRow)`
    select count(*) as versions from entry where source_id = ${sourceId} and name = ${name}`);
  if (versions === 0) return failure('EntryNotFound', `There is no ${name}.`);
  const isChanged = await replaceOwnClaims(transaction, { sourceId, name }, claims);
  return { entries: isChanged ? versions : 0 };
}

function failure(
  type: 'EntryInvalid' | 'EntryExists' | 'EntryNotFound' | 'EntryUnchanged' | 'ClaimsMismatch',
  message: string,
): WriteOutcome {
  return { failure: { type, message } };
}
