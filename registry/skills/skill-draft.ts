/**
 * Turns the document of a skill or plugin from a source into an entry that can be staged. As with servers, an entry is
 * rejected only if it can't be stored or served. Everything else is a warning.
 */
import { type DraftOutcome, MAX_DOCUMENT_BYTES } from '../document/draft.ts';
import {
  dateMember,
  noText,
  shortText,
  storable,
  textMember,
  unusableDescription,
  unusableVersion,
} from '../document/draft-members.ts';
import { ENTRY_STATUSES, type EntryDraft, type EntryStatus } from '../entry.ts';
import { type SkillKind, storedName } from '../entry-kind.ts';
import { isJsonObject, type JsonObject, memberOf, textsOf } from '../json.ts';
import { faultText } from '../server-json/check.ts';
import { tagsOf } from '../server-json/tags.ts';
import { skillContentFaults, skillStructureFault } from './check-skill.ts';
import { SKILL_STATUSES } from './skill-schema.ts';
import { ENTRY_STATE, publishedText } from './served-skill.ts';

export interface FoundSkill {
  /** The original text, without insignificant white space. */
  readonly text: string;
  /** The result of `JSON.parse` on the text. */
  readonly parsed: unknown;
  /** Upper limit of the nesting depth, if known. */
  readonly nesting?: number;
}

/** Returns the draft of a skill or plugin with warnings, or a rejection. */
export function draftFromSkill(kind: SkillKind, found: FoundSkill): DraftOutcome {
  const { parsed, text } = found;
  const reason = unusable(found);
  if (reason !== null || !isJsonObject(parsed)) {
    const rejection = { name: identityOf(kind, parsed), version: shortText(parsed, 'version') };
    return { rejection: { ...rejection, reason: reason ?? NO_OBJECT } };
  }
  const warnings = skillContentFaults(kind, withLowerCaseStatus(parsed)).map(faultText);
  const draft: EntryDraft = {
    name: storedName(kind, `${String(parsed['namespace'])}/${String(parsed['name'])}`),
    version: parsed['version'] as string,
    document: publishedText(text, parsed),
    title: textMember(parsed, 'title'),
    description: parsed['description'] as string,
    tags: skillTags(parsed),
    ...lifecycle(parsed, warnings),
  };
  return { draft, warnings };
}

const NO_OBJECT = "the entry isn't a JSON object";

function unusable({ text, parsed, nesting }: FoundSkill): string | null {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) return `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`;
  if (!isJsonObject(parsed)) return NO_OBJECT;
  const fault = skillStructureFault(parsed, { text, nesting });
  if (fault !== null) return faultText(fault);
  return (
    unusableNamePart('namespace', parsed) ??
    unusableNamePart('name', parsed) ??
    unusableVersion(parsed['version']) ??
    unusableDescription(parsed['description'])
  );
}

/** So that the stored name, with its prefix and slash, isn't longer than `MAX_IDENTIFIER_BYTES`. */
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

/** Like those of servers, and the lists of SKILL.md and plugin.json. */
function skillTags(document: JsonObject): string[] {
  const metadata = memberOf(document, 'metadata');
  return [...new Set([...tagsOf(document), ...textsOf(metadata['tags']), ...textsOf(metadata['keywords'])])];
}

type Lifecycle = Pick<
  EntryDraft,
  'status' | 'statusMessage' | 'statusChangedAt' | 'publishedAt' | 'updatedAt' | 'isUpstreamLatest'
>;

/** The status from another Rollcall, or else from the document itself. */
function lifecycle(document: JsonObject, warnings: string[]): Lifecycle {
  const state = memberOf(document['_meta'], ENTRY_STATE);
  const date = (name: string): string | null => dateMember(state, [name], warnings);
  return {
    status: ENTRY_STATUSES.find((status) => status === state['status']) ?? statusOf(document),
    statusMessage: storable(textMember(state, 'statusMessage')),
    statusChangedAt: date('statusChangedAt'),
    publishedAt: date('publishedAt'),
    updatedAt: date('updatedAt'),
    ...(state['isLatest'] === true && { isUpstreamLatest: true }),
  };
}

/** ToolHive Registry Server writes statuses in upper case. Faulty ones are warned about by the schema. */
function statusOf(document: JsonObject): EntryStatus {
  const status = textMember(document, 'status')?.toLowerCase();
  return SKILL_STATUSES.find((known) => known === status) ?? 'active';
}

function withLowerCaseStatus(document: JsonObject): JsonObject {
  const status = textMember(document, 'status');
  if (status !== null) return { ...document, status: stateStatus(document) ?? status.toLowerCase() };
  const { status: _status, ...others } = document;
  return document['status'] === '' || document['status'] === null ? others : document;
}

/** A deleted entry of another Rollcall has a status that documents can't have. */
function stateStatus(document: JsonObject): string | null {
  return memberOf(document['_meta'], ENTRY_STATE)['status'] === 'deleted' ? 'active' : null;
}
