/** An entry: one version of one MCP server in one source. */
import type { Claims } from './claims.ts';

export const ENTRY_STATUSES = ['active', 'deprecated', 'deleted'] as const;
export type EntryStatus = (typeof ENTRY_STATUSES)[number];

/** What a fetch found for one (name, version), ready to be staged. */
export interface EntryDraft {
  readonly name: string;
  readonly version: string;
  /** server.json as it will be served: the upstream's text without insignificant white space, key order kept. */
  readonly document: string;
  readonly title: string | null;
  readonly description: string;
  readonly tags: readonly string[];
  readonly status: EntryStatus;
  readonly statusMessage: string | null;
  /** RFC 3339; null where the source does not say, then the time of the sync is taken. */
  readonly statusChangedAt: string | null;
  readonly publishedAt: string | null;
  readonly updatedAt: string | null;
  /** Whether the upstream calls it the latest version of its server. Absent: it doesn't. */
  readonly isUpstreamLatest?: true;
  /** What the source itself requires of who reads the server. Absent: it says nothing. */
  readonly claims?: Claims;
}

/** Something a sync has to say about one entry of a snapshot. */
export interface EntryFinding {
  /** A rejected entry is not taken; a warning is noted and the entry is served as it came. */
  readonly severity: 'rejection' | 'warning';
  /** Where in the snapshot: an ordinal from 0, and the file it came from where there are several. */
  readonly ordinal: number;
  readonly name: string | null;
  readonly version: string | null;
  /** What is wrong, for the person who maintains the document, with its JSON path where there is one. */
  readonly reason: string;
}
