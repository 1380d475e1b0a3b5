/** The drafts and findings of a document, with the places of their entries in the snapshot and in the document. */
import type { GroupedOutcome } from './entries.ts';
import type { EntryDraft, EntryFinding } from '../entry.ts';
import { positionKey, type Positions } from './yaml.ts';

export interface FoundEntriesOptions {
  /** The file name for the locations of entries, if the snapshot has several files. */
  readonly file?: string | undefined;
  /** The page of a list that the document is. Entries are then located by their number in it. Default: not a page. */
  readonly page?: string | undefined;
  /** Positions of entries in the YAML document that this one was converted from. Default: not converted. */
  readonly positions?: Positions | undefined;
  /** The source's filter: entries to skip without a finding. Default: none. */
  readonly excludes?: ((draft: EntryDraft) => boolean) | undefined;
  /** The ordinal of the document's first entry in the snapshot. Default 0. */
  readonly firstOrdinal?: number;
}

/** A draft and its ordinal in the snapshot. */
export interface FoundDraft {
  readonly ordinal: number;
  /** The location of its entry, as in a finding. */
  readonly location: string | null;
  readonly draft: EntryDraft;
}

/** The entries and findings that a chunk completed. */
export interface ReadEntries {
  readonly drafts: readonly FoundDraft[];
  readonly findings: readonly EntryFinding[];
}

/** Collects drafts and findings while a document is read. */
export class FoundEntries {
  readonly #options: FoundEntriesOptions;
  /** The positions of entries, as in the options. */
  positions: Positions | undefined;
  #count = 0;
  #drafts: FoundDraft[] = [];
  #findings: EntryFinding[] = [];

  constructor(options: FoundEntriesOptions) {
    this.#options = options;
    this.positions = options.positions;
  }

  /** Number of entries so far, including rejected and excluded ones. */
  get count(): number {
    return this.#count;
  }

  /** Returns the drafts and findings that were added since the last call. */
  handOver(): ReadEntries {
    const read = { drafts: this.#drafts, findings: this.#findings };
    this.#drafts = [];
    this.#findings = [];
    return read;
  }

  add({ outcome, element }: GroupedOutcome): void {
    const { excludes, firstOrdinal = 0 } = this.#options;
    const ordinal = firstOrdinal + this.#count;
    this.#count += 1;
    const location = this.#locate(element);
    if ('rejection' in outcome) {
      const { name, version, reason } = outcome.rejection;
      this.#findings.push({ severity: 'rejection', ordinal, location, name, version, reason });
      return;
    }
    if (excludes?.(outcome.draft) === true) return;
    const { name, version } = outcome.draft;
    this.#drafts.push({ ordinal, location, draft: outcome.draft });
    for (const reason of outcome.warnings) {
      this.#findings.push({ severity: 'warning', ordinal, location, name, version, reason });
    }
  }

  /** The location of the entry that was counted last. */
  #locate(element: GroupedOutcome['element']): string | null {
    const { page, file } = this.#options;
    if (page !== undefined) return `${page}, entry ${this.#count}`;
    const position = this.positions === undefined ? element : this.positions.get(positionKey(element.path));
    const place = position === undefined ? [] : [`line ${position.line}, column ${position.column}`];
    return [...(file === undefined ? [] : [file]), ...place].join(', ') || null;
  }
}
