/** An entry: one version of one MCP server, skill, or plugin in one source. */
import type { Claims } from './claims.ts';

export const SERVER_STATUSES = ['active', 'deprecated', 'deleted'] as const;

/** The statuses of all entries. Only skills and plugins can be archived. */
export const ENTRY_STATUSES = ['active', 'deprecated', 'archived', 'deleted'] as const;
export type EntryStatus = (typeof ENTRY_STATUSES)[number];

/** One version of a server, skill, or plugin as found by a fetch, ready for staging. */
export interface EntryDraft {
  /** The stored name (entry-kind.ts). */
  readonly name: string;
  readonly version: string;
  /** The document as served: the upstream's text without insignificant white space, in the original key order. */
  readonly document: string;
  readonly title: string | null;
  readonly description: string;
  readonly tags: readonly string[];
  readonly status: EntryStatus;
  readonly statusMessage: string | null;
  /** RFC 3339. Null if the source has no date; then the time of the sync is used. */
  readonly statusChangedAt: string | null;
  readonly publishedAt: string | null;
  readonly updatedAt: string | null;
  /** Set if the upstream marks it as the latest version of its server. */
  readonly isUpstreamLatest?: true;
  /** Claims that the source itself requires for reading the server. */
  readonly claims?: Claims;
  /** The files of a skill that are stored with it. */
  readonly files?: readonly EntryFile[];
  /** Further text that searches look through, bounded by its reader. */
  readonly searchedText?: string;
}

/** A file of a skill, whose content is stored by its digest. */
export interface EntryFile {
  /**
   * Path relative to the folder of the skill, such as `scripts/run.sh`; empty for the archive of all its files, as
   * tar.gz.
   */
  readonly path: string;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly digest: string;
  /** Size in bytes. */
  readonly size: number;
  readonly isExecutable: boolean;
}

/** A rejection or warning about an entry of a snapshot. */
export interface EntryFinding {
  /** A rejected entry isn't served. An entry with a warning is served unchanged. */
  readonly severity: 'rejection' | 'warning';
  /** Position of the entry in the snapshot, starting at 0. */
  readonly ordinal: number;
  /**
   * The location of the entry in the source: the line and column in its document, with the file if there are several;
   * the page of an upstream's list and the place in it; or the object of a cluster. Null if the finding concerns the
   * snapshot as a whole, or if the location isn't known.
   */
  readonly location: string | null;
  /** The stored name (entry-kind.ts). */
  readonly name: string | null;
  readonly version: string | null;
  /**
   * What is wrong, for the document's maintainer: with the file if there are several, and the JSON path if applicable.
   */
  readonly reason: string;
}
