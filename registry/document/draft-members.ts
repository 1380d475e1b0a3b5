/** Members of a document that become parts of an entry, and the reasons why they can't. */
import type { EntryDraft, EntryStatus } from '../entry.ts';
import { isJsonObject, type JsonObject, textOf } from '../json.ts';
import { faultText } from '../server-json/check.ts';
import { MAX_IDENTIFIER_BYTES } from '../server-json/name.ts';
import { type IdentifyingMembers, structureFault } from './structure.ts';
import { assumingUtc, isTimestamp } from '../timestamp.ts';

/** The document of an entry in a source. */
export interface FoundDocument {
  /** The original text, without insignificant white space. */
  readonly text: string;
  /** The result of `JSON.parse` on the text. */
  readonly parsed: unknown;
  /** Upper limit of the nesting depth, if known. */
  readonly nesting?: number;
}

/**
 * Returns the reason why a document can't be stored, whatever it describes.
 *
 * @param members as in `structureFault`
 */
export function unusableDocument(found: FoundDocument, members?: IdentifyingMembers): string | null {
  if (!isJsonObject(found.parsed)) return "the entry isn't a JSON object";
  const fault = structureFault(found.parsed, found, members);
  return fault === null ? null : faultText(fault);
}

export function unusableVersion(version: unknown): string | null {
  if (typeof version !== 'string' || version.trim() === '') {
    return noText('version', version);
  }
  if (version === 'latest') {
    return 'version must not be "latest", which always refers to the newest version';
  }
  if (Buffer.byteLength(version) > MAX_IDENTIFIER_BYTES) {
    return `version is longer than ${MAX_IDENTIFIER_BYTES} bytes`;
  }
  return null;
}

export function unusableDescription(description: unknown): string | null {
  return typeof description !== 'string' || description.trim() === '' ? noText('description', description) : null;
}

/** The reason why a member isn't usable text. In YAML, unquoted `1.10`, `yes`, and `true` aren't strings. */
export function noText(member: string, value: unknown): string {
  const isAbsent = value === undefined || value === null || typeof value === 'string';
  return isAbsent ? `${member} is missing or empty` : `${member} must be text: put it in quotes`;
}

/** Go's zero time, which means "no date". */
const NO_DATE = '0001-01-01T00:00:00Z';

function dateMember(said: JsonObject, names: readonly string[], warnings: string[]): string | null {
  const [name] = names.filter((candidate) => said[candidate] !== undefined && said[candidate] !== null);
  const value = name === undefined ? NO_DATE : said[name];
  if (value === NO_DATE || value === '') {
    return null;
  }
  if (typeof value === 'string' && isTimestamp(value)) return value;
  const inUtc = typeof value === 'string' ? assumingUtc(value) : null;
  const consequence = inUtc === null ? "isn't an RFC 3339 date; ignored" : 'has no time zone; treated as UTC';
  warnings.push(`${name} ${consequence}`);
  return inUtc;
}

/** The state of an entry according to its source. */
type Lifecycle = Pick<
  EntryDraft,
  'status' | 'statusMessage' | 'statusChangedAt' | 'publishedAt' | 'updatedAt' | 'isUpstreamLatest'
>;

/**
 * The message of the status, the dates, and whether it is the latest version, next to the status. Registries before
 * 2025-09-16 use names with underscores.
 */
export function lifecycleOf(said: JsonObject, status: EntryStatus, warnings: string[]): Lifecycle {
  const date = (...names: string[]): string | null => dateMember(said, names, warnings);
  return {
    status,
    statusMessage: storable(textOf(said['statusMessage'])),
    statusChangedAt: date('statusChangedAt', 'status_changed_at'),
    publishedAt: date('publishedAt', 'published_at'),
    updatedAt: date('updatedAt', 'updated_at'),
    ...((said['isLatest'] ?? said['is_latest']) === true && { isUpstreamLatest: true }),
  };
}

function storable(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll('\0', '').toWellFormed();
}

/** A short, storable excerpt of a member for identifying a rejected entry. */
export function shortText(document: unknown, member: string): string | null {
  const text = isJsonObject(document) ? storable(textOf(document[member])) : null;
  return text === null ? null : Array.from(text).slice(0, 200).join('');
}
