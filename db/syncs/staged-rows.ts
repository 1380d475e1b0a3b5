import type pg from 'pg';
import type { EntryDraft } from '../../registry/entry.ts';
import { versionOrder } from '../../registry/versions.ts';
import { copyFrom } from '../connection/copy-query.ts';
import { CopyRows } from '../connection/copy-rows.ts';
import { searchText } from '../entries/search-text.ts';
import { addSearchedTexts, type SearchedText } from '../entries/searched-texts.ts';

const COLUMNS = `sync_run_id, name, version, version_order, document, digest, title, description, tags, search_text, status,
  status_message, status_changed_at, published_at, updated_at, upstream_latest`;
const COLUMN_COUNT = 16;

/** New and changed drafts in the form in which the database takes them, made before it is their turn. */
export class StagedRows {
  readonly #syncRunId: string;
  readonly #rows = new CopyRows();
  /** Without repetitions: the versions of a server mostly have the same one. */
  readonly #texts = new Map<string, SearchedText>();

  constructor(syncRunId: string, drafts: readonly { readonly draft: EntryDraft; readonly digest: Buffer }[]) {
    this.#syncRunId = syncRunId;
    for (const { draft, digest } of drafts) this.#add(draft, digest);
  }

  /** Sends them, in the transaction that stages them, without waiting for what was sent before. */
  async write(client: pg.PoolClient): Promise<void> {
    await Promise.all([
      copyFrom(client, `copy snapshot_entry (${COLUMNS}) from stdin with (format binary)`, this.#rows.finish()),
      addSearchedTexts(client, [...this.#texts.values()]),
    ]);
  }

  #add(draft: EntryDraft, digest: Buffer): void {
    const text = searchText(draft);
    this.#texts.set(`${draft.name}\0${text}`, { name: draft.name, text });
    const rows = this.#rows;
    rows.beginRow(COLUMN_COUNT);
    rows.addBigInt(this.#syncRunId);
    rows.addText(draft.name);
    rows.addText(draft.version);
    rows.addText(versionOrder(draft.version));
    rows.addText(draft.document);
    rows.addBytes(digest);
    rows.addText(draft.title);
    rows.addText(draft.description);
    rows.addTexts(draft.tags);
    rows.addText(text);
    rows.addText(draft.status);
    rows.addText(draft.statusMessage);
    rows.addTimestamp(draft.statusChangedAt);
    rows.addTimestamp(draft.publishedAt);
    rows.addTimestamp(draft.updatedAt);
    rows.addBoolean(draft.isUpstreamLatest === true);
  }
}
