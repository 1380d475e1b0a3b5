/**
 * From the server.json that a source holds to an entry that can be staged. This is the tolerant side: an entry is
 * rejected only when it could not be stored or served, everything else is a warning and the document stays as it is.
 */
import { hash } from 'node:crypto';
import { structureFault } from './document-structure.ts';
import { ENTRY_STATUSES, type EntryDraft, type EntryStatus } from './entry.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { contentFaults, faultText } from './server-json.ts';
import { isUsableServerName, MAX_IDENTIFIER_BYTES } from './server-name.ts';
import { tagsOf } from './tags.ts';
import { assumingUtc, isTimestamp } from './timestamp.ts';
import { toolhiveExtension } from './toolhive-format.ts';

/** The largest server.json that is taken, in bytes of its text: 1 MiB. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;

export interface FoundServer {
  /** The server.json as its source wrote it, without insignificant white space. */
  readonly text: string;
  /** What `JSON.parse` makes of the text. */
  readonly parsed: unknown;
  /** The upstream's `_meta["io.modelcontextprotocol.registry/official"]`, where it sends one. */
  readonly official?: unknown;
  /** At most so many levels of the document are inside each other, where that is known. */
  readonly nesting?: number;
}

export type DraftOutcome =
  | { readonly draft: EntryDraft; readonly warnings: readonly string[] }
  | { readonly rejection: { readonly name: string | null; readonly version: string | null; readonly reason: string } };

/** The draft of an entry and what is odd about it, or why it cannot be taken. */
export function draftFromServerJson(found: FoundServer): DraftOutcome {
  const { text, parsed } = found;
  const reason = unusable(found);
  if (reason !== null || !isJsonObject(parsed)) {
    return {
      rejection: {
        name: shortText(parsed, 'name'),
        version: shortText(parsed, 'version'),
        reason: reason ?? NO_OBJECT,
      },
    };
  }
  const warnings = contentFaults(parsed).map(faultText);
  const draft: EntryDraft = {
    name: parsed['name'] as string,
    version: parsed['version'] as string,
    document: text,
    title: textMember(parsed, 'title'),
    description: parsed['description'] as string,
    tags: tagsOf(parsed),
    ...lifecycle(found, warnings),
  };
  return { draft, warnings };
}

/**
 * What tells two drafts of an entry apart: SHA-256 over everything that is served, and to whom. Equal digests mean that
 * there is nothing to write.
 */
export function draftDigest(draft: EntryDraft): Buffer {
  const parts = [
    draft.document,
    draft.status,
    draft.statusMessage,
    draft.publishedAt,
    draft.updatedAt,
    draft.statusChangedAt,
    ...(draft.claims === undefined ? [] : [JSON.stringify(draft.claims)]),
    ...(draft.isUpstreamLatest === true ? ['latest'] : []),
  ];
  return hash('sha256', parts.map((part) => part ?? '').join('\0'), 'buffer');
}

const NO_OBJECT = 'the entry is not a JSON object';

/** Why the document cannot be stored or served, or null. */
function unusable({ text, parsed, nesting }: FoundServer): string | null {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    return `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`;
  }
  if (!isJsonObject(parsed)) {
    return NO_OBJECT;
  }
  const fault = structureFault(parsed, { text, nesting });
  if (fault !== null) {
    return faultText(fault);
  }
  return (
    unusableName(parsed['name']) ?? unusableVersion(parsed['version']) ?? unusableDescription(parsed['description'])
  );
}

function unusableName(name: unknown): string | null {
  if (typeof name !== 'string' || name === '') {
    return noText('name', name);
  }
  if (!isUsableServerName(name)) {
    return `name must be a namespace, one slash and a name, without white space and at most ${MAX_IDENTIFIER_BYTES} bytes long`;
  }
  return null;
}

function unusableVersion(version: unknown): string | null {
  if (typeof version !== 'string' || version.trim() === '') {
    return noText('version', version);
  }
  if (version === 'latest') {
    return 'version is "latest", which names whatever version is the newest';
  }
  if (Buffer.byteLength(version) > MAX_IDENTIFIER_BYTES) {
    return `version is longer than ${MAX_IDENTIFIER_BYTES} bytes`;
  }
  return null;
}

function unusableDescription(description: unknown): string | null {
  return typeof description !== 'string' || description.trim() === '' ? noText('description', description) : null;
}

/** Why a member that should hold text can't be used. YAML reads `1.10`, `yes` and `true` as other values. */
function noText(member: string, value: unknown): string {
  const isAbsent = value === undefined || value === null || typeof value === 'string';
  return isAbsent ? `${member} is missing or empty` : `${member} must be text: put it in quotes`;
}

type Lifecycle = Pick<
  EntryDraft,
  'status' | 'statusMessage' | 'statusChangedAt' | 'publishedAt' | 'updatedAt' | 'isUpstreamLatest'
>;

/**
 * Status, dates and the mark of the latest version, as the upstream says; the names with underscores are those of registries before 2025-09-16. Up to
 * 2025-09-29 the status was part of the server.json itself; ToolHive keeps it in its extension.
 */
function lifecycle({ parsed, official }: FoundServer, warnings: string[]): Lifecycle {
  const said = isJsonObject(official) ? official : {};
  const date = (...names: string[]): string | null => dateMember(said, names, warnings);
  return {
    status: statusMember(said['status'] ?? (parsed as JsonObject)['status'] ?? toolhiveStatus(parsed), warnings),
    statusMessage: storable(textMember(said, 'statusMessage')),
    statusChangedAt: date('statusChangedAt', 'status_changed_at'),
    publishedAt: date('publishedAt', 'published_at'),
    updatedAt: date('updatedAt', 'updated_at'),
    ...((said['isLatest'] ?? said['is_latest']) === true && { isUpstreamLatest: true }),
  };
}

/** ToolHive writes `Active` as well as `active`. */
function toolhiveStatus(document: unknown): unknown {
  const status = toolhiveExtension(document)?.['status'];
  return typeof status === 'string' ? status.toLowerCase() : undefined;
}

function statusMember(status: unknown, warnings: string[]): EntryStatus {
  const known = ENTRY_STATUSES.find((candidate) => candidate === status);
  if (known === undefined && status !== undefined && status !== null && status !== '') {
    warnings.push(
      `status ${JSON.stringify(status).slice(0, 50)} is none of ${ENTRY_STATUSES.join(', ')}; taken as active`,
    );
  }
  return known ?? 'active';
}

/** What Go programs write for "no date". */
const NO_DATE = '0001-01-01T00:00:00Z';

function dateMember(said: JsonObject, names: readonly string[], warnings: string[]): string | null {
  const [name] = names.filter((candidate) => said[candidate] !== undefined && said[candidate] !== null);
  const value = name === undefined ? NO_DATE : said[name];
  if (value === NO_DATE || value === '') {
    return null;
  }
  if (typeof value === 'string' && isTimestamp(value)) return value;
  const inUtc = typeof value === 'string' ? assumingUtc(value) : null;
  const consequence = inUtc === null ? "isn't an RFC 3339 date; left out" : 'has no time zone; taken as UTC';
  warnings.push(`${name} ${consequence}`);
  return inUtc;
}

function textMember(object: JsonObject, member: string): string | null {
  const value = object[member];
  return typeof value === 'string' && value !== '' ? value : null;
}

function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').toWellFormed();
}

/** Enough of a member to find the rejected entry by, safe to store whatever it is. */
function shortText(document: unknown, member: string): string | null {
  const text = isJsonObject(document) ? storable(textMember(document, member)) : null;
  return text === null ? null : Array.from(text).slice(0, 200).join('');
}
