import { stageRejections } from '../../db/syncs/snapshots.ts';
import { addFindings, MAX_FINDINGS, recordFindings } from '../../db/syncs/sync-findings.ts';
import type { EntryFinding } from '../../registry/entry.ts';
import type { SnapshotRows } from './chunk-writer.ts';

/** Rejections that are staged in one statement. */
const MAX_REJECTIONS_AT_ONCE = 1_000;

/** Counts and stores rejections and warnings about single entries of a snapshot. */
export class SnapshotFindings {
  readonly #rows: SnapshotRows;
  /** Findings that aren't stored yet. All are counted, and the first ones of each severity are stored. */
  #findings: EntryFinding[] = [];
  /** Rejections that aren't staged yet. */
  #rejections: EntryFinding[] = [];
  #first: EntryFinding | null = null;
  #hasStored: boolean;
  #rejected: number;
  #warnings: number;

  /** @param found the counts of an earlier attempt, which has stored its findings; null if there was none */
  constructor(rows: SnapshotRows, found: { readonly rejected: number; readonly warnings: number } | null) {
    this.#rows = rows;
    this.#hasStored = found !== null;
    this.#rejected = found?.rejected ?? 0;
    this.#warnings = found?.warnings ?? 0;
  }

  get counts(): { readonly rejected: number; readonly warnings: number } {
    return { rejected: this.#rejected, warnings: this.#warnings };
  }

  /** The first rejection of this attempt. */
  get firstRejection(): EntryFinding | null {
    return this.#first;
  }

  async add(findings: readonly EntryFinding[]): Promise<void> {
    for (const finding of findings) this.#count(finding);
    if (this.#rejections.length >= MAX_REJECTIONS_AT_ONCE) await this.stageRejections(this.takeRejections());
  }

  #count(finding: EntryFinding): void {
    const isWarning = finding.severity === 'warning';
    if ((isWarning ? this.#warnings : this.#rejected) < MAX_FINDINGS) this.#findings.push(finding);
    if (isWarning) {
      this.#warnings += 1;
      return;
    }
    this.#rejected += 1;
    this.#rejections.push(finding);
    this.#first ??= finding;
  }

  /** Removes the rejections that aren't staged yet, for the caller to stage. */
  takeRejections(): readonly EntryFinding[] {
    const rejections = this.#rejections;
    this.#rejections = [];
    return rejections;
  }

  /** Removes the findings that aren't stored yet, about entries before this ordinal, for the caller to store. */
  takeBefore(ordinal: number): readonly EntryFinding[] {
    const { before = [], after = [] } = Object.groupBy(this.#findings, (finding) =>
      finding.ordinal < ordinal ? 'before' : 'after',
    );
    this.#findings = after;
    return before;
  }

  /** Stages rejections, so that applying the snapshot doesn't remove the served versions of these entries. */
  async stageRejections(rejections: readonly EntryFinding[]): Promise<void> {
    await stageRejections(this.#rows.database, this.#rows.syncRunId, rejections);
  }

  /** Stores findings, for an attempt that continues after this one or for a fetch that fails. */
  async store(findings: readonly EntryFinding[]): Promise<void> {
    if (findings.length === 0) return;
    this.#hasStored = true;
    await addFindings(this.#rows.database, this.#rows.syncRunId, findings);
  }

  /** Stores the findings of a complete fetch. */
  async finish(): Promise<void> {
    await this.stageRejections(this.takeRejections());
    const findings = this.takeBefore(Infinity);
    if (this.#hasStored) return await this.store(findings);
    await recordFindings(this.#rows.database, this.#rows.syncRunId, findings);
  }
}
