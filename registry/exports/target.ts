/** Targets of exports: one file for one client, and a report that accounts for every server. */
import { type ExportedVersion, type ServerForm, serverForm } from './form/server-form.ts';

/** `provide` gives users the servers; `allow` lets them use those that they add themselves. */
export const EXPORT_MODES = ['provide', 'allow', 'both'] as const;
export type ExportMode = (typeof EXPORT_MODES)[number];

/** The versions in an allowlist: only the latest of each server, or all active ones. */
export const EXPORT_VERSIONS = ['all', 'latest'] as const;
export type ExportVersions = (typeof EXPORT_VERSIONS)[number];

export interface ExportOptions {
  readonly mode: ExportMode;
  readonly versions: ExportVersions;
}

/** The description of a target for users. */
export interface TargetFacts {
  readonly id: string;
  /** The client and its file, for users. */
  readonly title: string;
  /** URL of the vendor's documentation of the format. */
  readonly documentation: string;
  readonly fileName: string;
  readonly contentType: 'application/json' | 'application/toml' | 'text/plain';
  /** The available modes. The first one is the default. */
  readonly modes: readonly [ExportMode, ...ExportMode[]];
  /** Limits of the format, as sentences. */
  readonly limits: readonly string[];
}

/** A target that lists servers, in its own file in `targets/`. */
export interface Target extends TargetFacts {
  readonly render: (catalog: Catalog, options: ExportOptions) => Rendering;
}

export interface Rendering {
  readonly text: string;
  readonly report: readonly ReportLine[];
}

/** The result for one server, skill, or plugin. */
export interface ReportLine {
  readonly name: string;
  readonly included: boolean;
  /** The versions in the file. */
  readonly versions: readonly string[];
  /** Whether its retired versions are denied. */
  readonly denied: boolean;
  /** The reasons why it was left out or, for an included one, notes for its users. */
  readonly notes: readonly string[];
}

/** All versions of one server. */
export interface CatalogServer {
  readonly name: string;
  /** The version for users: the latest one, unless it is retired. */
  readonly current: ServerForm | null;
  /** Every active version, ordered by name. */
  readonly active: readonly ServerForm[];
  /** Deprecated and deleted versions. */
  readonly retired: readonly ServerForm[];
}

export type Catalog = readonly CatalogServer[];

/** The servers of a registry, ordered by name, whatever the order of the entries. */
export function catalogOf(entries: Iterable<ExportedVersion>): Catalog {
  const byName = new Map<string, ServerForm[]>();
  for (const entry of entries) {
    const versions = byName.get(entry.name) ?? [];
    versions.push(serverForm(entry));
    byName.set(entry.name, versions);
  }
  return [...byName]
    .toSorted(([one], [other]) => compareText(one, other))
    .map(([name, versions]) => {
      const sorted = versions.toSorted((one, other) => compareText(one.version, other.version));
      const active = sorted.filter(({ status }) => status === 'active');
      const retired = sorted.filter(({ status }) => status !== 'active');
      return { name, active, retired, current: active.find(({ isLatest }) => isLatest) ?? null };
    });
}

/** Compares texts by code points, like the registry API. */
function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Thrown for a server, or a part of one, that a target can't express; the message completes "left out: …". */
export class LeftOut extends Error {
  override readonly name = 'LeftOut';
}

/** The value, or the reason why there is none. */
export function attempt<Value>(express: () => Value): { readonly value: Value } | { readonly reason: string } {
  try {
    return { value: express() };
  } catch (error) {
    if (error instanceof LeftOut) return { reason: error.message };
    throw error;
  }
}

/** The report of a server that isn't in the file. */
export function leftOut(name: string, notes: readonly string[], denied = false): ReportLine {
  return { name, included: false, versions: [], denied, notes: [...new Set(notes)] };
}

/** The reason why a server has no current version for users. */
export function retirement({ active, retired }: CatalogServer): string {
  if (active.length > 0) return 'its latest version is deprecated';
  return retired.some(({ status }) => status === 'deprecated') ? 'it is deprecated' : 'it is deleted';
}
