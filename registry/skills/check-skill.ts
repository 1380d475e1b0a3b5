/**
 * Checks the document of a skill or plugin against the rules of ToolHive's schemas. A publish with faults is refused. In a
 * sync, the same faults are only warnings.
 */
import { identifyingMembers, structureFault } from '../document/structure.ts';
import { DUPLICATE_MESSAGE, duplicateMember } from '../document/duplicate-members.ts';
import type { SkillKind } from '../entry-kind.ts';
import { type Fault, faultsBy } from '../server-json/check.ts';
import { schemaOf } from './skill-schema.ts';

/** Members of a document that identify the entry (structure.ts). */
export const IDENTIFYING_MEMBERS = identifyingMembers('namespace', 'name', 'version');

/**
 * Returns the faults of the document: one per path, and at most 100. An additional one gives the number of the others.
 *
 * @param text the original text, for finding duplicate members
 */
export function checkSkill(kind: SkillKind, document: unknown, text: string): Fault[] {
  const structure = structureFault(document, undefined, IDENTIFYING_MEMBERS);
  // Skip further checks: the schema would recurse into a document of any depth.
  if (structure !== null) return [structure];
  const duplicate = duplicateMember(text, document);
  return duplicate === null ? skillContentFaults(kind, document) : [{ path: duplicate, message: DUPLICATE_MESSAGE }];
}

/** Like `checkSkill`, for a document that is known to have no fault of its structure and no duplicate members. */
export function skillContentFaults(kind: SkillKind, document: unknown): Fault[] {
  return faultsBy(schemaOf(kind), document);
}
