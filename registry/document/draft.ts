/**
 * Turns a server.json from a source into an entry that can be staged. Syncs are tolerant: an entry is rejected only if
 * it can't be stored or served. Everything else is a warning, and the document isn't changed.
 */
import { hash } from 'node:crypto';
import {
  type FoundDocument,
  lifecycleOf,
  noText,
  shortText,
  unusableDescription,
  unusableDocument,
  unusableVersion,
} from './draft-members.ts';
import { type EntryDraft, type EntryStatus, SERVER_STATUSES } from '../entry.ts';
import { isJsonObject, type JsonObject, textOf } from '../json.ts';
import { contentFaults, faultText } from '../server-json/check.ts';
import { isUsableServerName, MAX_IDENTIFIER_BYTES } from '../server-json/name.ts';
import { tagsOf } from '../server-json/extension.ts';
import { toolhiveExtension } from '../toolhive/format.ts';

export interface FoundServer extends FoundDocument {
  /** The upstream's `_meta["io.modelcontextprotocol.registry/official"]`, if any. */
  readonly official?: unknown;
}

export type DraftOutcome =
  | { readonly draft: EntryDraft; readonly warnings: readonly string[] }
  | { readonly rejection: { readonly name: string | null; readonly version: string | null; readonly reason: string } };

/** Returns the draft of an entry with warnings, or a rejection. */
export function draftFromServerJson(found: FoundServer): DraftOutcome {
  const { text, parsed } = found;
  const reason = unusable(found);
  if (reason !== null) {
    return { rejection: { name: shortText(parsed, 'name'), version: shortText(parsed, 'version'), reason } };
  }
  const document = parsed as JsonObject;
  const warnings = contentFaults(document).map(faultText);
  const draft: EntryDraft = {
    name: document['name'] as string,
    version: document['version'] as string,
    document: text,
    title: textOf(document['title']) ?? null,
    description: document['description'] as string,
    tags: tagsOf(document),
    ...lifecycle(document, found.official, warnings),
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

/** The reason why the document can't be stored or served, or null. */
function unusable(found: FoundServer): string | null {
  const document = found.parsed as JsonObject;
  return (
    unusableDocument(found) ??
    unusableName(document['name']) ??
    unusableVersion(document['version']) ??
    unusableDescription(document['description'])
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

/**
 * The upstream's status, dates, and `isLatest` flag. Until 2025-09-29, the status was part of the server.json itself.
 * ToolHive keeps it in its extension.
 */
function lifecycle(document: JsonObject, official: unknown, warnings: string[]): ReturnType<typeof lifecycleOf> {
  const said = isJsonObject(official) ? official : {};
  const status = statusMember(said['status'] ?? document['status'] ?? toolhiveStatus(document), warnings);
  return lifecycleOf(said, status, warnings);
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
