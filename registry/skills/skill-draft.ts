/**
 * Turns the document of a skill or plugin from a source into an entry that can be staged. As with servers, an entry is
 * rejected only if it can't be stored or served. Everything else is a warning.
 */
import type { DraftOutcome } from '../document/draft.ts';
import {
  type FoundDocument,
  lifecycleOf,
  noText,
  shortText,
  unusableDescription,
  unusableDocument,
  unusableVersion,
} from '../document/draft-members.ts';
import { ENTRY_STATUSES, type EntryDraft, type EntryStatus } from '../entry.ts';
import { type SkillKind, storedName } from '../entry-kind.ts';
import { type JsonObject, memberOf, textOf, textsOf } from '../json.ts';
import { faultText } from '../server-json/check.ts';
import { tagsOf } from '../server-json/extension.ts';
import { IDENTIFYING_MEMBERS, skillContentFaults } from './check-skill.ts';
import { SKILL_STATUSES } from './skill-schema.ts';
import { ENTRY_STATE, publishedText } from './served-skill.ts';

/** Returns the draft of a skill or plugin with warnings, or a rejection. */
export function draftFromSkill(kind: SkillKind, found: FoundDocument): DraftOutcome {
  const { parsed, text } = found;
  const reason = unusable(found);
  if (reason !== null) {
    return { rejection: { name: identityOf(kind, parsed), version: shortText(parsed, 'version'), reason } };
  }
  const document = parsed as JsonObject;
  const warnings = skillContentFaults(kind, withLowerCaseStatus(document)).map(faultText);
  const draft: EntryDraft = {
    name: storedName(kind, `${String(document['namespace'])}/${String(document['name'])}`),
    version: document['version'] as string,
    document: publishedText(text, document),
    title: textOf(document['title']) ?? null,
    description: document['description'] as string,
    tags: skillTags(document),
    ...lifecycleOf(stateOf(document), statusOf(document), warnings),
  };
  return { draft, warnings };
}

function unusable(found: FoundDocument): string | null {
  const document = found.parsed as JsonObject;
  return (
    unusableDocument(found, IDENTIFYING_MEMBERS) ??
    unusableNamePart('namespace', document) ??
    unusableNamePart('name', document) ??
    unusableVersion(document['version']) ??
    unusableDescription(document['description'])
  );
}

/**
 * The maximum size of a part, so that the stored name, with its prefix and slash, isn't longer than
 * `MAX_IDENTIFIER_BYTES`.
 */
const MAX_PART_BYTES = 248;

/** Both are segments of paths, and together they are the stored name. */
function unusableNamePart(member: 'namespace' | 'name', document: JsonObject): string | null {
  const value = document[member];
  if (typeof value !== 'string' || value === '') return noText(member, value);
  if (!/^[^/\s]+$/u.test(value)) return `${member} must not contain a slash or white space`;
  return Buffer.byteLength(value) > MAX_PART_BYTES ? `${member} is longer than ${MAX_PART_BYTES} bytes` : null;
}

/** The stored name of a rejected entry, as far as it can be known. */
function identityOf(kind: SkillKind, document: unknown): string | null {
  const name = shortText(document, 'name');
  return name === null ? null : storedName(kind, `${shortText(document, 'namespace') ?? '?'}/${name}`);
}

/** The tags in the publisher's extension, as for servers, and those in the lists of SKILL.md and plugin.json. */
function skillTags(document: JsonObject): string[] {
  const metadata = memberOf(document, 'metadata');
  return [...new Set([...tagsOf(document), ...textsOf(metadata['tags']), ...textsOf(metadata['keywords'])])];
}

/**
 * The state of the entry according to another Rollcall. Names with underscores aren't read, because only servers ever
 * had them.
 */
function stateOf(document: JsonObject): JsonObject {
  const state = memberOf(document['_meta'], ENTRY_STATE);
  return Object.fromEntries(Object.entries(state).filter(([name]) => !name.includes('_')));
}

/**
 * The status from another Rollcall, or else from the document itself. ToolHive Registry Server writes statuses in upper
 * case. Faulty ones are warned about by the schema.
 */
function statusOf(document: JsonObject): EntryStatus {
  const state = stateOf(document)['status'];
  const status = textOf(document['status'])?.toLowerCase();
  return (
    ENTRY_STATUSES.find((known) => known === state) ?? SKILL_STATUSES.find((known) => known === status) ?? 'active'
  );
}

function withLowerCaseStatus(document: JsonObject): JsonObject {
  const status = textOf(document['status']);
  // A deleted entry of another Rollcall has a status that documents can't have.
  const isDeleted = stateOf(document)['status'] === 'deleted';
  if (status !== undefined) return { ...document, status: isDeleted ? 'active' : status.toLowerCase() };
  const { status: _status, ...others } = document;
  return document['status'] === '' || document['status'] === null ? others : document;
}
