/** Stages the entries that a fetch finds. */
import type { Database } from '../../db/connection/database.ts';
import { storeContents } from '../../db/contents/stored-contents.ts';
import { discardSnapshot } from '../../db/syncs/snapshots.ts';
import { DocumentReader, type DocumentReaderOptions, type DocumentSummary } from '../../registry/document/reader.ts';
import type { ReadEntries } from '../../registry/document/found-entries.ts';
import type { DraftOutcome } from '../../registry/document/draft.ts';
import type { EntryFinding } from '../../registry/entry.ts';
import { RollcallError } from '../../registry/failure.ts';
import { type CompiledFilter, compileFilter } from '../../registry/patterns/filter.ts';
import type { SourceDefinition } from '../../registry/source-definition.ts';
import type { Positions } from '../../registry/document/yaml.ts';
import { kindOf } from '../../sources/index.ts';
import type { SyncCounts } from '../../workflows/contract/syncs.ts';
import type { Progress } from '../progress.ts';
import { ChunkWriter, type SnapshotRows } from './chunk-writer.ts';
import { convertYaml, piecesOf } from './isolated-yaml.ts';
import { SnapshotFindings } from './snapshot-findings.ts';

export interface StagerOptions {
  readonly database: Database;
  readonly definition: SourceDefinition;
  readonly sourceId: string;
  readonly syncRunId: string;
  readonly progress: Progress;
  /** Aborts when the fetch must end. */
  readonly signal: AbortSignal;
  /** The staged data of an earlier attempt, if this one continues it. */
  readonly staged?: Staged | null;
}

export interface Staged {
  readonly chunks: number;
  readonly entries: number;
  readonly rejected: number;
  readonly warnings: number;
  /** The cursor from which the fetch continues. */
  readonly cursor: string;
  /** All entries before the cursor: taken, rejected, and filtered out. */
  readonly found: number;
}

/** The progress of a paged fetch that an attempt needs to continue at the cursor. */
type Reached = Pick<Staged, 'cursor' | 'found' | 'rejected' | 'warnings'>;

/** A document of a snapshot, which can have several. */
export interface DocumentBytes {
  /** Its path or URL, which starts the messages about it as a whole. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly syntax?: 'json' | 'yaml' | undefined;
  /** Whether the snapshot has several, so that findings about single entries must name theirs. */
  readonly oneOfSeveral?: boolean;
}

const NOTHING_STAGED = { chunks: 0, entries: 0 };

/** Reads documents, filters their entries, and passes on drafts and findings. Sources use it during a fetch. */
export class SnapshotStager {
  readonly #options: StagerOptions;
  readonly #rows: SnapshotRows;
  readonly #filter: CompiledFilter;
  #chunks: ChunkWriter;
  #findings: SnapshotFindings;
  /** All entries of the documents so far: taken, rejected, and filtered out. */
  #found: number;
  /** The progress for another attempt; null if it must start over. */
  #reached: Reached | null = null;
  /** The chunk that is being written while the next one is read; resolves with its duplicates. */
  #writing: Promise<readonly EntryFinding[]> = Promise.resolve([]);

  constructor(options: StagerOptions) {
    const { database, definition, sourceId, syncRunId, staged = null } = options;
    this.#options = options;
    this.#rows = { database, sourceId, syncRunId };
    this.#filter = compileFilter(definition.filter);
    this.#chunks = new ChunkWriter(this.#rows, staged ?? NOTHING_STAGED);
    this.#findings = new SnapshotFindings(this.#rows, staged);
    this.#found = staged?.found ?? 0;
  }

  get counts(): Pick<SyncCounts, 'entries' | 'rejected' | 'warnings'> {
    return { entries: this.#chunks.entries, ...this.#findings.counts };
  }

  /** Number of staged chunks. */
  get chunks(): number {
    return this.#chunks.chunks;
  }

  /** Stages the entries of a document as its bytes arrive. The last ones wait for the next document or `finish`. */
  async stageDocument(document: DocumentBytes): Promise<DocumentSummary> {
    try {
      return await this.#stageBytes(document);
    } catch (error) {
      throw aboutDocument(document.name, error);
    }
  }

  async #stageBytes(document: DocumentBytes, positions?: Positions): Promise<DocumentSummary> {
    const { name, bytes, syntax, oneOfSeveral = false } = document;
    const reader = this.#readerOf({ syntax, positions, file: oneOfSeveral ? name : undefined });
    for await (const chunk of bytes) await this.#take(reader.push(chunk));
    const yaml = reader.yaml();
    if (yaml !== null) {
      const converted = await convertYaml(yaml, this.#options.signal);
      const json = { ...document, bytes: piecesOf(converted.json), syntax: 'json' } as const;
      return await this.#stageBytes(json, converted.positions);
    }
    const summary = reader.end();
    await this.stage(summary);
    return summary;
  }

  /** Reads a page as a whole, so that a broken one stages nothing. `page` names it in messages. */
  readPage(bytes: Uint8Array, page: string): DocumentSummary {
    return this.#readerOf({ format: 'upstream', syntax: 'json', page }).readAll(bytes);
  }

  /** Stages the end of a document, or a page. */
  async stage(summary: DocumentSummary): Promise<void> {
    await this.#take(summary);
    this.#found += summary.entries;
  }

  #readerOf(options: Omit<DocumentReaderOptions, 'excludes' | 'firstOrdinal'>): DocumentReader {
    return new DocumentReader({
      ...options,
      format: options.format ?? this.#options.definition.format,
      excludes: (draft) => this.#filter(draft.name, draft.tags) === 'excluded',
      firstOrdinal: this.#found,
    });
  }

  /** Stages an entry that doesn't come from a registry document. `location` says where it comes from. */
  async stageOutcome(outcome: DraftOutcome, location: string): Promise<void> {
    const ordinal = this.#found;
    this.#found += 1;
    if ('rejection' in outcome) {
      const rejection = { severity: 'rejection', ordinal, location, ...outcome.rejection } as const;
      return await this.#take({ drafts: [], findings: [rejection] });
    }
    const { draft, warnings } = outcome;
    const { name, version } = draft;
    if (this.#filter(name, draft.tags) === 'excluded') return;
    const about = { severity: 'warning', ordinal, location, name, version } as const;
    const findings = warnings.map((reason) => ({ ...about, reason }));
    await this.#take({ drafts: [{ ordinal, location, draft }], findings });
  }

  /** Stores the content of files before an outcome names them. */
  async storeContents(contents: readonly { readonly digest: Buffer; readonly bytes: Uint8Array }[]): Promise<void> {
    await storeContents(this.#rows.database, contents);
  }

  /** Records a warning about the snapshot as a whole. */
  async warn(reason: string): Promise<void> {
    const about = { ordinal: this.#found, location: null, name: null, version: null };
    await this.#findings.add([{ severity: 'warning', ...about, reason }]);
  }

  /** From now on, another attempt continues at this cursor. Paged fetches call it before each page. */
  resumeFrom(cursor: string | null): void {
    this.#reached = cursor === null ? null : { cursor, found: this.#found, ...this.#findings.counts };
  }

  /** Discards everything that was staged. */
  async startOver(): Promise<void> {
    await this.#written();
    await discardSnapshot(this.#rows.database, this.#rows.syncRunId);
    this.#reached = null;
    this.#chunks = new ChunkWriter(this.#rows, NOTHING_STAGED);
    this.#findings = new SnapshotFindings(this.#rows, null);
    this.#found = 0;
  }

  /** Waits for the chunk that is being written, and stores the findings of a fetch that fails. Does nothing after `finish`. */
  async storeFindings(): Promise<void> {
    await this.#written().catch(() => {});
    await this.#findings.store(this.#findings.takeBefore(Infinity)).catch(() => {});
  }

  /**
   * Stages the remaining drafts, and ends the snapshot.
   *
   * @throws RollcallError `AllEntriesRejected` if a complete snapshot has entries, and all were rejected. Not for
   *   authoritative sources: what they no longer have is removed, whatever is wrong with the rest.
   */
  async finish(coverage: 'complete' | 'partial'): Promise<void> {
    await this.#write();
    await this.#written();
    await this.#findings.finish();
    const { rejected } = this.#findings.counts;
    if (coverage === 'partial' || rejected === 0 || rejected < this.#found) return;
    if (kindOf(this.#options.definition.origin).isAuthoritative === true) return;
    const first = this.#findings.firstRejection;
    const { name, location, reason } = first ?? {
      name: null,
      location: null,
      reason: 'see the rejections of the sync',
    };
    const where = location === null ? '' : ` at ${location}`;
    throw new RollcallError(
      'AllEntriesRejected',
      `all ${rejected} entries were rejected, the first (${name ?? 'without a name'}${where}) because ${reason}`,
    );
  }

  async #take({ drafts, findings }: ReadEntries): Promise<void> {
    await this.#findings.add(findings);
    for (const found of drafts) {
      this.#chunks.add(found);
      if (this.#chunks.isFull) await this.#write();
    }
  }

  /** Waits until the previous chunk is written, and starts to write this one. */
  async #write(): Promise<void> {
    await this.#written();
    this.#writing = this.#writeChunk();
    // The next `#written` throws it.
    this.#writing.catch(() => {});
  }

  /** Everything up to the first `await` belongs to the chunk. While it is written, the next pages are read. */
  async #writeChunk(): Promise<readonly EntryFinding[]> {
    const drafts = this.#chunks.take();
    const rejections = this.#findings.takeRejections();
    const { cursor, ...found } = this.#reached ?? { cursor: null, ...this.#findings.counts };
    // An attempt that continues at the cursor doesn't find them again.
    const findings = this.#reached === null ? [] : this.#findings.takeBefore(this.#reached.found);
    // Before the chunk that moves the cursor: if this fails, the next attempt finds the rejections again.
    await this.#findings.stageRejections(rejections);
    const duplicates = await this.#chunks.write(drafts, cursor);
    await this.#findings.store(findings);
    this.#options.progress.report({ entries: this.#chunks.entries, ...found });
    return duplicates;
  }

  async #written(): Promise<void> {
    const writing = this.#writing;
    this.#writing = Promise.resolve([]);
    const duplicates = await writing;
    // An upstream that changes while its pages are read moves entries from one page to the next, which isn't a fault.
    if (kindOf(this.#options.definition.origin).isPaged !== true) await this.#findings.add(duplicates);
  }
}

/** Messages about a document as a whole start with its name. Other errors are unchanged. */
function aboutDocument(name: string, error: unknown): unknown {
  if (!(error instanceof RollcallError)) return error;
  if (error.type !== 'DocumentInvalid' && error.type !== 'FormatMismatch') return error;
  return new RollcallError(error.type, `${name}: ${error.message}`, { cause: error });
}
