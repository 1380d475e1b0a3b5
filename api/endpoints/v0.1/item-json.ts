/** Items of the registry API as text. Stored documents are inserted unchanged, without being parsed. */
import type { EntryRow } from '../../../db/entries/entries.ts';
import { OFFICIAL, PROVENANCE } from '../../../registry/server-json/extension.ts';

/** `{server, _meta}` of an entry. It is the same text until the entry changes. */
export function itemJson(entry: EntryRow): string {
  const meta = { [OFFICIAL]: stateOf(entry), [PROVENANCE]: provenanceOf(entry) };
  return `{"server":${entry.document},"_meta":${JSON.stringify(meta)}}`;
}

/** The state of an entry in the registry. */
export function stateOf(entry: EntryRow): Readonly<Record<string, unknown>> {
  return {
    status: entry.status,
    ...(entry.statusMessage !== null && { statusMessage: entry.statusMessage }),
    statusChangedAt: entry.statusChangedAt,
    publishedAt: entry.publishedAt,
    updatedAt: entry.updatedAt,
    isLatest: entry.isLatest,
  };
}

/** The origin of an entry. `kind` is the kind of its source. */
export function provenanceOf({ sourceName, sourceKind, commitId }: EntryRow): Readonly<Record<string, string>> {
  return { source: sourceName, kind: sourceKind, ...(commitId !== null && { commit: commitId }) };
}

/** The format of a list: `{"servers":[…]}`. */
export interface ListFormat {
  readonly member: string;
  readonly item: (entry: EntryRow) => string;
}

const SERVERS: ListFormat = { member: 'servers', item: itemJson };

/** A page of a list; `nextCursor` is absent on the last one. */
export function listJson(
  entries: readonly EntryRow[],
  nextCursor?: string,
  { member, item }: ListFormat = SERVERS,
): string {
  const metadata = { count: entries.length, ...(nextCursor !== undefined && { nextCursor }) };
  return `{"${member}":[${entries.map(item).join(',')}],"metadata":${JSON.stringify(metadata)}}`;
}

/** A list of any number of entries, in chunks. */
export async function* listPieces(
  entries: AsyncIterable<EntryRow>,
  { member, item }: ListFormat = SERVERS,
): AsyncGenerator<string, void, void> {
  let count = 0;
  yield `{"${member}":[`;
  for await (const entry of entries) {
    yield `${count === 0 ? '' : ','}\n${item(entry)}`;
    count += 1;
  }
  yield `\n],"metadata":${JSON.stringify({ count })}}\n`;
}
