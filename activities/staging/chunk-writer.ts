import type { Database } from '../../db/connection/database.ts';
import { stageChunk } from '../../db/syncs/staged-chunk.ts';
import type { FoundDraft } from '../../registry/document/found-entries.ts';
import type { EntryFinding } from '../../registry/entry.ts';

/** A chunk is written when it has this many entries, or this many characters of documents and of keys of files. */
const CHUNK_ENTRIES = 2_000;
/** Small enough for a hundred fetches at once, and large enough for a transaction to be worth it. */
const CHUNK_CHARACTERS = 1024 * 1024;

/** The rows that a snapshot is staged under. */
export interface SnapshotRows {
  readonly database: Database;
  readonly sourceId: string;
  readonly syncRunId: string;
}

/** Collects the drafts of a snapshot and writes them to the staging tables, a chunk at a time. */
export class ChunkWriter {
  readonly #rows: SnapshotRows;
  #drafts: FoundDraft[] = [];
  #characters = 0;
  #chunks: number;
  #entries: number;

  /** @param staged the chunks and entries that an earlier attempt has written */
  constructor(rows: SnapshotRows, staged: { readonly chunks: number; readonly entries: number }) {
    this.#rows = rows;
    this.#chunks = staged.chunks;
    this.#entries = staged.entries;
  }

  /** Number of written chunks. */
  get chunks(): number {
    return this.#chunks;
  }

  /** Number of entries in the written chunks. */
  get entries(): number {
    return this.#entries;
  }

  get isFull(): boolean {
    return this.#drafts.length >= CHUNK_ENTRIES || this.#characters >= CHUNK_CHARACTERS;
  }

  add(found: FoundDraft): void {
    this.#drafts.push(found);
    const { name, document, files = [] } = found.draft;
    this.#characters += document.length;
    for (const { path, digest } of files) this.#characters += name.length + path.length + digest.length;
  }

  /** Removes the collected drafts, which are the next chunk. */
  take(): readonly FoundDraft[] {
    const found = this.#drafts;
    this.#drafts = [];
    this.#characters = 0;
    return found;
  }

  /**
   * Writes drafts. Returns rejections for those whose name and version the snapshot already has.
   *
   * @param cursor where a paged fetch continues after this chunk
   */
  async write(found: readonly FoundDraft[], cursor: string | null): Promise<readonly EntryFinding[]> {
    if (found.length === 0) return [];
    const { database, ...snapshot } = this.#rows;
    const drafts = found.map(({ draft }) => draft);
    const { duplicates, entries } = await stageChunk(database, { ...snapshot, number: this.#chunks, cursor, drafts });
    this.#chunks += 1;
    this.#entries += entries;
    return duplicates.map((duplicate) => {
      const { ordinal, location } = found[duplicate.ordinal]!;
      return { ...duplicate, ordinal, location };
    });
  }
}
