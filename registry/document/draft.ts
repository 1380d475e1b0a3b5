/**
 * Turns a server.json from a source into an entry that can be staged. Syncs are tolerant: an entry is rejected only if
 * it can't be stored or served. Everything else is a warning, and the document isn't changed.
 */
import { hash } from 'node:crypto';
import { structureFault } from './structure.ts';
import {
  dateMember,
  noText,
  shortText,
  storable,
  textMember,
  unusableDescription,
  unusableVersion,
} from './draft-members.ts';
import { type EntryDraft, type EntryStatus, SERVER_STATUSES } from '../entry.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { contentFaults, faultText } from '../server-json/check.ts';
import { isUsableServerName, MAX_IDENTIFIER_BYTES } from '../server-json/name.ts';
import { tagsOf } from '../server-json/tags.ts';
import { toolhiveExtension } from '../toolhive/format.ts';

/** Maximum size of a server.json in bytes: 1 MiB. */
export const MAX_DOCUMENT_BYTES = 1024 * 1024;

export interface FoundServer {
  /** The original text of the server.json, without insignificant white space. */
  readonly text: string;
  /** The result of `JSON.parse` on the text. */
  readonly parsed: unknown;
  /** The upstream's `_meta["io.modelcontextprotocol.registry/official"]`, if any. */
  readonly official?: unknown;
  /** Upper limit of the nesting depth, if known. */
  readonly nesting?: number;
}

export type DraftOutcome =
  | { readonly draft: EntryDraft; readonly warnings: readonly string[] }
  | { readonly rejection: { readonly name: string | null; readonly version: string | null; readonly reason: string } };

/** Returns the draft of an entry with warnings, or a rejection. */
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
 * Identifies a draft: SHA-256 over everything that is served and the claims that reading it requires. If the digests of
 * two drafts are equal, nothing needs to be written.
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
    ...(draft.files === undefined ? [] : [JSON.stringify(draft.files)]),
  ];
  return hash('sha256', parts.map((part) => part ?? '').join('\0'), 'buffer');
}

const NO_OBJECT = "the entry isn't a JSON object";

/** The reason why the document can't be stored or served, or null. */
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
    return `name must be a namespace, one slash, and a name, without white space, not beginning with "skill:" or "plugin:", and at most ${MAX_IDENTIFIER_BYTES} bytes long`;
  }
  return null;
}

type Lifecycle = Pick<
  EntryDraft,
  'status' | 'statusMessage' | 'statusChangedAt' | 'publishedAt' | 'updatedAt' | 'isUpstreamLatest'
>;

/**
 * The upstream's status, dates, and `isLatest` flag. Registries before 2025-09-16 use names with underscores. Until
 * 2025-09-29, the status was part of the server.json itself. ToolHive keeps it in its extension.
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

/** ToolHive uses both `Active` and `active`. */
function toolhiveStatus(document: unknown): unknown {
  const status = toolhiveExtension(document)?.['status'];
  return typeof status === 'string' ? status.toLowerCase() : undefined;
}

function statusMember(status: unknown, warnings: string[]): EntryStatus {
  const known = SERVER_STATUSES.find((candidate) => candidate === status);
  if (known === undefined && status !== undefined && status !== null && status !== '') {
    warnings.push(
      `status ${JSON.stringify(status).slice(0, 50)} is not one of ${SERVER_STATUSES.join(', ')}; treated as active`,
    );
  }
  return known ?? 'active';
}
