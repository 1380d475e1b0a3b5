/** Skills and plugins as text, in the flat shape that ToolHive's clients read. */
import type { EntryRow } from '../../../db/entries/entries.ts';
import type { SkillKind } from '../../../registry/entry-kind.ts';
import { PROVENANCE } from '../../../registry/server-json/extension.ts';
import { VERIFICATION } from '../../../registry/skills/provenance.ts';
import { ENTRY_STATE, FILES, servedText } from '../../../registry/skills/served-skill.ts';
import { type ListFormat, provenanceOf, stateOf } from '../v0.1/item-json.ts';

/** The document with its current status, and Rollcall's data in `_meta`. */
export function skillJson(entry: EntryRow): string {
  const { package: from = null, fault = null, verification = null } = entry.reading ?? {};
  const files = { ...(from !== null && { package: from }), ...(fault !== null && { fault }) };
  return servedText(entry.document, entry.status, {
    [ENTRY_STATE]: stateOf(entry),
    [PROVENANCE]: provenanceOf(entry),
    ...(Object.keys(files).length > 0 && { [FILES]: files }),
    ...(verification !== null && { [VERIFICATION]: verification }),
  });
}

export const SKILL_LISTS: Readonly<Record<SkillKind, ListFormat>> = {
  skill: { member: 'skills', item: skillJson },
  plugin: { member: 'plugins', item: skillJson },
};
