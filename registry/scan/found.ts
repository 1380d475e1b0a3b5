/** The results of a scan of a repository: documents of skills and plugins, and faults. */
import type { JsonObject } from '../json.ts';

/** A scanned repository, and the commit that its entries are pinned to. */
export interface ScannedRepository {
  readonly namespace: string;
  /** The URL for clients. Null if the repository is on the registry's machine, so that the entries have no package. */
  readonly url: string | null;
  /** The branch or tag that the source follows, if it names one. */
  readonly ref: string | undefined;
}

/** The state of a folder that an entry describes. */
export interface PinnedFolder {
  /** Path in the repository; empty for its root. */
  readonly folder: string;
  /** The commit that clients check out. */
  readonly commit: string;
  /** The version if the files have none. */
  readonly version: string;
}

export type FoundDocument =
  | { readonly document: JsonObject; readonly warnings?: readonly string[] }
  | { readonly fault: string; readonly name: string | null };

/** The members of a document that say where to get the files. */
export function origin(repository: ScannedRepository, { folder, commit }: PinnedFolder): JsonObject {
  const { url, ref } = repository;
  if (url === null) return {};
  const subfolder = folder === '' ? {} : { subfolder: folder };
  return {
    repository: { url, type: 'git' },
    packages: [{ registryType: 'git', url, ...(ref !== undefined && { ref }), commit, ...subfolder }],
  };
}

/**
 * The version of an entry without one in its files: a pseudo-version as in Go modules, such as
 * `0.0.0-20261130093000-0123456789ab`. It is a semantic version, and later commits are higher.
 *
 * @param committedAt the time of the commit (RFC 3339)
 */
export function commitVersion(commit: string, committedAt: string): string {
  const digits = new Date(committedAt).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return `0.0.0-${digits}-${commit.slice(0, 12)}`;
}
