/**
 * The definition of a source.
 *
 * Definitions contain no secrets. A secret is referenced by the file or environment variable from which the activity
 * reads it. This file has no imports, so that workflow code can use it.
 */

/** The format of a registry document. Detected from the content if a definition has none. */
export type RegistryFormat = 'upstream' | 'toolhive';

/** The location of a secret, which is read each time it is needed. */
export type SecretReference = { readonly file: string } | { readonly environment: string };

/** The origin of a source's entries. Each kind has its own members: see `sources/`. */
export interface SourceOrigin {
  readonly kind: string;
  readonly [member: string]: unknown;
}

/** The kind of source that is published to. It has no upstream. */
export const MANAGED = 'managed';

export function isManaged({ kind }: { readonly kind: string }): boolean {
  return kind === MANAGED;
}

/** Globs for whole server names (`*` matches `/` as well) and exact tags. Exclusions take precedence. */
export interface SourceFilter {
  readonly names?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
  readonly tags?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
}

export interface SourceDefinition {
  /** A DNS label: `^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`. */
  readonly name: string;
  readonly origin: SourceOrigin;
  readonly format?: RegistryFormat;
  readonly filter?: SourceFilter;
  readonly syncPolicy: {
    /** Milliseconds between syncs; null if syncs only start on request. */
    readonly intervalMs: number | null;
    /** Maximum share of entries (0 to 1) that one sync may remove. Default 0.5. */
    readonly maxRemoval: number;
    /** Timeout of a fetch in milliseconds. Default 15 min. */
    readonly deadlineMs: number;
  };
}
