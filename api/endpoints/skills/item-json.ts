/** Skills and plugins as text, in the flat shape that ToolHive's clients read. */
import type { EntryRow } from '../../../db/entries/entries.ts';
import type { SkillKind } from '../../../registry/entry-kind.ts';
import { PROVENANCE } from '../../../registry/server-json/extension.ts';
import { VERIFICATION } from '../../../registry/skills/provenance.ts';
import { ENTRY_STATE, FILES, servedText } from '../../../registry/skills/served-skill.ts';
import { provenanceOf } from '../v0.1/item-json.ts';

/** The document with its current status, and Rollcall's data in `_meta`. */
export function skillJson(entry: EntryRow): string {
  const { document, status, statusMessage, statusChangedAt, publishedAt, updatedAt, isLatest } = entry;
  const message = statusMessage === null ? {} : { statusMessage };
  const { package: from = null, fault = null, verification = null } = entry.reading ?? {};
  const files = { ...(from !== null && { package: from }), ...(fault !== null && { fault }) };
  return servedText(document, status, {
    [ENTRY_STATE]: { status, ...message, statusChangedAt, publishedAt, updatedAt, isLatest },
    [PROVENANCE]: provenanceOf(entry),
    ...(Object.keys(files).length > 0 && { [FILES]: files }),
    ...(verification !== null && { [VERIFICATION]: verification }),
  });
}

/** A page of a list. `nextCursor` is absent on the last one. */
export function skillListJson(kind: SkillKind, entries: readonly EntryRow[], nextCursor?: string): string {
  const metadata = { count: entries.length, ...(nextCursor !== undefined && { nextCursor }) };
  return `{"${kind}s":[${entries.map(skillJson).join(',')}],"metadata":${JSON.stringify(metadata)}}`;
}

/** The same list of any number of entries, in pieces. */
export async function* skillListPieces(
  kind: SkillKind,
  entries: AsyncIterable<EntryRow>,
): AsyncGenerator<string, void, void> {
  let count = 0;
  yield `{"${kind}s":[`;
  for await (const entry of entries) {
    yield `${count === 0 ? '' : ','}\n${skillJson(entry)}`;
    count += 1;
  }
  yield `\n],"metadata":${JSON.stringify({ count })}}\n`;
}
