/** Puts what a fetch finds into the staging tables, chunk by chunk. */
import type { Database } from '../db/connection/database.ts';
import { KeyFilter } from '../db/syncs/key-filter.ts';
import { discardSnapshot, stageRejections } from '../db/syncs/snapshots.ts';
import { stageChunk } from '../db/syncs/staged-chunk.ts';
import { addFindings, MAX_FINDINGS, recordFindings } from '../db/syncs/sync-runs.ts';
import {
  DocumentReader,
  type DocumentReaderOptions,
  type DocumentSummary,
  type FoundDraft,
  type ReadEntries,
} from '../registry/document-reader.ts';
import type { DraftOutcome } from '../registry/draft.ts';
import type { EntryFinding } from '../registry/entry.ts';
import { RollcallError } from '../registry/failure.ts';
import { type CompiledFilter, compileFilter } from '../registry/filter.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';
import type { Positions } from '../registry/yaml-document.ts';
import { kindOf } from '../sources/index.ts';
import type { SyncCounts } from '../workflows/contract.ts';
import { convertYaml, piecesOf } from './isolated-yaml.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { Progress } from './progress.ts';

/** A chunk is closed when it has this many entries, or as many characters of documents as the memory budget allows. */
const CHUNK_ENTRIES = 2_000;
/** Rejections that are staged in one statement. */
const MAX_REJECTIONS_AT_ONCE = 1_000;

export interface StagerOptions {
  readonly database: Database;
  readonly definition: SourceDefinition;
  readonly sourceId: string;
  readonly syncRunId: string;
  readonly progress: Progress;
  /** Shared by all fetches of this process. */
  readonly memory: MemoryBudget;
  /** Aborts when the fetch is to end. */
  readonly signal: AbortSignal;
  /** What an earlier attempt staged, where this one goes on from it. */
  readonly staged?: Staged | null;
}

export interface Staged {
  readonly chunks: number;
  readonly entries: number;
  readonly rejected: number;
  readonly warnings: number;
  /** Where the fetch goes on. */
  readonly cursor: string;
}

/** A document to be staged: one of perhaps several of a snapshot. */
export interface DocumentBytes {
  /** Its path or URL, which begins what is said about it as a whole. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly syntax?: 'json' | 'yaml' | undefined;
  /** Whether the snapshot has several, so that findings about single entries have to name theirs. */
  readonly oneOfSeveral?: boolean;
}

export class SnapshotStager {
  readonly #options: StagerOptions;
  readonly #filter: CompiledFilter;
  #drafts: FoundDraft[] = [];
  #resumePoint: string | null = null;
  #characters = 0;
  /** Ends the stager's share of the memory budget, which begins with its first entry. */
  #release: (() => void) | undefined;
  #staging: Promise<void> = Promise.resolve();
  /** Of all that is staged: made with the first chunk; null where an earlier attempt has staged some of it. */
  #stagedKeys: KeyFilter | null | undefined;
  /** What is to be recorded, as far as it is kept. */
  #findings: EntryFinding[] = [];
  /** Whether some of the snapshot's findings are recorded already. */
  #hasRecorded: boolean;
  /** What is to be staged of the rejections: all of them. */
  #rejections: EntryFinding[] = [];
  #chunks: number;
  #entries: number;
  #rejected: number;
  #warnings: number;
  /** All entries of the documents so far: taken, rejected and filtered out. */
  #found: number;
  #firstRejection: EntryFinding | null = null;

  constructor(options: StagerOptions) {
    const { staged } = options;
    this.#options = options;
    this.#filter = compileFilter(options.definition.filter);
    this.#stagedKeys = staged ? null : undefined;
    this.#hasRecorded = staged !== null && staged !== undefined;
    this.#chunks = staged?.chunks ?? 0;
    this.#entries = staged?.entries ?? 0;
    this.#rejected = staged?.rejected ?? 0;
    this.#warnings = staged?.warnings ?? 0;
    this.#found = this.#entries + this.#rejected;
  }

  get counts(): Pick<SyncCounts, 'entries' | 'rejected' | 'warnings'> {
    return { entries: this.#entries, rejected: this.#rejected, warnings: this.#warnings };
  }

  get chunks(): number {
    return this.#chunks;
  }

  /** Stages the entries of a document as its bytes arrive; the last of them wait for the next document or `finish`. */
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

  /** Reads a page as a whole, so that a broken one leaves nothing behind. `page` says which one it is. */
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

  /** Stages an entry that was made from something else than a registry document, and where it comes from. */
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

  /** Notes something about the snapshot as a whole. */
  warn(reason: string): void {
    this.#note([{ severity: 'warning', ordinal: this.#found, location: null, name: null, version: null, reason }]);
  }

  /** From now on, a fetch that takes over goes on from this cursor (a paged fetch calls it before each page). */
  resumeFrom(cursor: string | null): void {
    this.#resumePoint = cursor;
  }

  /** Forgets everything that was staged. */
  async startOver(): Promise<void> {
    await this.#staging;
    await discardSnapshot(this.#options.database, this.#options.syncRunId);
    this.#resumePoint = null;
    this.#drafts = [];
    this.#characters = 0;
    this.#findings = [];
    this.#rejections = [];
    this.#firstRejection = null;
    this.#stagedKeys = undefined;
    this.#chunks = this.#entries = this.#rejected = this.#warnings = this.#found = 0;
  }

  /**
   * Ends a fetch that has failed, which must leave nothing running: waits for the chunk that is being staged, whatever
   * comes of it, and records what was found up to there. After `finish` there is nothing left to do.
   */
  async settled(): Promise<void> {
    await this.#staging.catch(() => {});
    await this.#addFindings().catch(() => {});
    this.#release?.();
  }

  /**
   * Stages what waits, and says that this was all.
   *
   * @throws RollcallError `AllEntriesRejected` where a complete snapshot has entries, and none that can be taken; not
   *   where the source is authoritative: what it no longer has is to go, whatever is wrong with the rest.
   */
  async finish(coverage: 'complete' | 'partial'): Promise<void> {
    await this.#flush();
    await this.#staging;
    await this.#stageRejections();
    this.#options.progress.report(this.counts);
    if (this.#hasRecorded) await this.#addFindings();
    else await recordFindings(this.#options.database, this.#options.syncRunId, this.#findings);
    this.#findings = [];
    if (coverage === 'partial' || this.#rejected === 0 || this.#rejected < this.#found) return;
    if (kindOf(this.#options.definition.origin).isAuthoritative === true) return;
    const first = this.#firstRejection ?? { name: null, location: null, reason: 'see the rejections of the sync' };
    const where = first.location === null ? '' : ` at ${first.location}`;
    throw new RollcallError(
      'AllEntriesRejected',
      `all ${this.#rejected} entries were rejected, the first (${first.name ?? 'without a name'}${where}) because ${first.reason}`,
    );
  }

  async #take({ drafts, findings }: ReadEntries): Promise<void> {
    this.#note(findings);
    if (drafts.length > 0) this.#release ??= this.#options.memory.hold();
    for (const found of drafts) {
      this.#drafts.push(found);
      this.#characters += found.draft.document.length;
      if (this.#drafts.length >= CHUNK_ENTRIES || this.#characters >= this.#options.memory.chunkCharacters)
        await this.#flush();
    }
    if (this.#rejections.length >= MAX_REJECTIONS_AT_ONCE) await this.#stageRejections();
  }

  /**
   * Makes ready what waits, and stages it once what went before is staged, which it waits for: one chunk is written while
   * the next one is read and made ready.
   */
  async #flush(): Promise<void> {
    const previous = this.#staging;
    if (this.#drafts.length > 0) {
      this.#staging = this.#stageDrafts(this.#drafts, previous);
      // It is waited for later: until then its failure is nobody's.
      this.#staging.catch(() => {});
      this.#drafts = [];
      this.#characters = 0;
    }
    await previous;
    await this.#stageRejections();
    // An attempt that goes on after this one does not find them again.
    if (this.#resumePoint !== null) await this.#addFindings();
    this.#options.progress.report(this.counts);
  }

  async #stageDrafts(found: readonly FoundDraft[], previous: Promise<void>): Promise<void> {
    const { database, syncRunId, sourceId } = this.#options;
    const number = this.#chunks;
    this.#chunks += 1;
    if (this.#stagedKeys === undefined) this.#stagedKeys = new KeyFilter();
    const { duplicates, entries } = await stageChunk(database, {
      syncRunId,
      sourceId,
      chunk: { number, cursor: this.#resumePoint, drafts: found.map(({ draft }) => draft) },
      stagedKeys: this.#stagedKeys ?? undefined,
      previous,
    });
    this.#entries += entries;
    // An upstream that changes while it is paged through moves entries from one page to the next: no fault of theirs.
    if (kindOf(this.#options.definition.origin).isPaged === true) return;
    this.#note(
      duplicates.map((duplicate) => {
        const { ordinal, location } = found[duplicate.ordinal]!;
        return { ...duplicate, ordinal, location };
      }),
    );
  }

  #note(findings: readonly EntryFinding[]): void {
    for (const finding of findings) {
      const isWarning = finding.severity === 'warning';
      const before = isWarning ? this.#warnings : this.#rejected;
      if (before < MAX_FINDINGS) this.#findings.push(finding);
      if (isWarning) this.#warnings += 1;
      else {
        this.#rejected += 1;
        this.#rejections.push(finding);
        this.#firstRejection ??= finding;
      }
    }
  }

  async #stageRejections(): Promise<void> {
    const rejections = this.#rejections;
    this.#rejections = [];
    await stageRejections(this.#options.database, this.#options.syncRunId, rejections);
  }

  async #addFindings(): Promise<void> {
    const findings = this.#findings;
    this.#findings = [];
    if (findings.length === 0) return;
    this.#hasRecorded = true;
    await addFindings(this.#options.database, this.#options.syncRunId, findings);
  }
}

/** What is wrong with a document as a whole begins with its name; every other failure stays as it is. */
function aboutDocument(name: string, error: unknown): unknown {
  if (!(error instanceof RollcallError)) return error;
  if (error.type !== 'DocumentInvalid' && error.type !== 'FormatMismatch') return error;
  return new RollcallError(error.type, `${name}: ${error.message}`, { cause: error });
}
