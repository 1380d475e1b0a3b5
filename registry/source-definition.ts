/**
 * What a source is: the part of the configuration that its actor carries.
 *
 * A definition travels through Temporal and is readable in its Web UI, so it holds no secret: a secret is
 * named by the file (or the environment variable) that the activity reads it from.
 * This file has no imports: workflow code may use it.
 */

/** The format of a registry document; found by its content where a definition gives none. */
export type RegistryFormat = 'upstream' | 'toolhive';

/** Where a secret is read from, each time it is needed. */
export type SecretReference = { readonly file: string } | { readonly environment: string };

/** Where the entries of a source come from. Each kind of source has members of its own: see `sources/`. */
export interface SourceOrigin {
  readonly kind: string;
  readonly [member: string]: unknown;
}

/** The kind of sources that are published to. No upstream is read for them. */
export const MANAGED = 'managed';

export function isManaged({ kind }: { readonly kind: string }): boolean {
  return kind === MANAGED;
}

/** Glob patterns over whole server names (`*` crosses `/`) and exact tags; an exclusion wins. */
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
    /** Milliseconds from one cycle to the next; null: only a message starts a sync. */
    readonly intervalMs: number | null;
    /** The largest share of the entries (0 to 1) that one sync may remove. Default 0.5. */
    readonly maxRemoval: number;
    /** Milliseconds that one fetch may take. Default 15 min. */
    readonly deadlineMs: number;
  };
}
