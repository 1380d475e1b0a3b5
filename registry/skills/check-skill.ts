/**
 * Checks the document of a skill or plugin against the rules of ToolHive's schemas. A publish with faults is refused. In a
 * sync, the same faults are only warnings.
 */
import { structureFault } from '../document/structure.ts';
import { DUPLICATE_MESSAGE, duplicateMember } from '../server-json/duplicate-members.ts';
import type { SkillKind } from '../entry-kind.ts';
import { isJsonObject, jsonPath } from '../json.ts';
import { type Fault, firstFaults, schemaFaults, withoutOversizedLists } from '../server-json/check.ts';
import { schemaOf } from './skill-schema.ts';

/**
 * Returns the faults of the document: one per path, and at most 100. An additional one gives the number of the others.
 *
 * @param text the original text, for finding duplicate members
 */
export function checkSkill(kind: SkillKind, document: unknown, text: string): Fault[] {
  const structure = skillStructureFault(document);
  // Skip further checks: the schema would recurse into a document of any depth.
  if (structure !== null) return [structure];
  const duplicate = duplicateMember(text, document);
  return duplicate === null ? skillContentFaults(kind, document) : [{ path: duplicate, message: DUPLICATE_MESSAGE }];
}

/** Like `checkSkill`, for a document that is known to have no fault of its structure and no duplicate members. */
export function skillContentFaults(kind: SkillKind, document: unknown): Fault[] {
  if (!isJsonObject(document)) return firstFaults(schemaFaults(schemaOf(kind), document));
  const { checked, faults } = withoutOversizedLists(document);
  const byPath = new Map<string, Fault>();
  for (const fault of [...faults, ...schemaFaults(schemaOf(kind), checked)]) {
    if (!byPath.has(fault.path)) byPath.set(fault.path, fault);
  }
  return firstFaults([...byPath.values()]);
}

/**
 * The first part of the document that can't be stored or safely read. Go clients ignore the case of member names, so a
 * second `Namespace` could make them read another entry.
 */
export function skillStructureFault(document: unknown, written?: Parameters<typeof structureFault>[1]): Fault | null {
  const fault = structureFault(document, written);
  if (fault !== null || !isJsonObject(document)) return fault;
  const ambiguous = Object.keys(document).find((key) => key !== 'namespace' && /^namespace$/iu.test(key));
  if (ambiguous === undefined) return null;
  return { path: jsonPath([ambiguous]), message: 'differs only in case from a standard member' };
}
