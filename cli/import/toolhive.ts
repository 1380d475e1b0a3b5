/** Copies what exists only in the database of a ToolHive Registry Server into the database of Rollcall. */
import { isRecorded, newEvent } from '../../api/audit/events.ts';
import { NO_SENDER } from '../../api/audit/sender.ts';
import type { Configuration } from '../../config/model.ts';
import { createRegistry } from '../../db/configuration/created-registries.ts';
import { createSource } from '../../db/configuration/created-sources.ts';
import { listRegistries } from '../../db/configuration/registries.ts';
import { listSources } from '../../db/configuration/sources.ts';
import type { Database } from '../../db/connection/database.ts';
import type { ToolhiveContents } from '../../db/toolhive/contents.ts';
import type { ToolhivePublishedVersion } from '../../db/toolhive/published.ts';
import { addAuditEvents } from '../../db/upkeep/audit-events.ts';
import { importEntries, type ImportedEntry, type ImportOutcome } from '../../db/writes/import-entries.ts';
import type { AuditAction, AuditEvent, AuditTarget } from '../../registry/audit.ts';
import { storedName } from '../../registry/entry-kind.ts';
import { MANAGED } from '../../registry/source-definition.ts';
import { type Converted, entryFrom, registryFrom, sourceFrom } from './toolhive-definitions.ts';

/** One source, registry, or version. In a dry run, `imported` is what an import would do. */
export interface ImportedItem {
  readonly kind: 'source' | 'registry' | 'version';
  /** For a version, this is its stored name (registry/entry-kind.ts). */
  readonly name: string;
  readonly version?: string;
  readonly outcome: 'imported' | 'existing' | 'refused';
  /** The reason if it was refused. */
  readonly reason?: string;
}

export interface ToolhiveImport {
  readonly database: Database;
  readonly configuration: Pick<Configuration, 'audit' | 'outbound'>;
  readonly isDryRun: boolean;
}

/** Imports sources and registries first, because versions and registries need their sources. */
export async function importToolhive(contents: ToolhiveContents, target: ToolhiveImport): Promise<ImportedItem[]> {
  const kinds = new Map<string, string>();
  for (const { name, kind, detachedAt } of await listSources(target.database)) {
    if (detachedAt === null) kinds.set(name, kind);
  }
  const sources = await importSources(contents, target, kinds);
  const registries = await importRegistries(contents, target, kinds);
  const isNewSource = (name: string): boolean =>
    sources.some((item) => item.name === name && item.outcome === 'imported');
  const versions = await importPublished(contents, target, { kinds, isNewSource });
  return [...sources, ...registries, ...versions];
}

/** Imports sources, and adds the imported ones to `kinds`. */
async function importSources(
  { sources }: ToolhiveContents,
  { database, configuration, isDryRun }: ToolhiveImport,
  kinds: Map<string, string>,
): Promise<ImportedItem[]> {
  const items: ImportedItem[] = [];
  for (const stored of sources.filter(({ isCreated }) => isCreated)) {
    const { name, type } = stored;
    const kind = kinds.get(name);
    const converted = sourceFrom(stored, configuration.outbound);
    if (kind !== undefined && kind !== type) {
      items.push(refused('source', name, `Rollcall has a source of kind ${kind} with this name`));
    } else if (kind !== undefined) {
      items.push({ kind: 'source', name, outcome: 'existing' });
    } else if ('reason' in converted) {
      items.push(refused('source', name, converted.reason));
    } else {
      if (!isDryRun) {
        await createSource(database, converted.value);
        await addAuditEvents(
          database,
          recorded(configuration, 'source.create', [{ ...NO_TARGET, kind: 'source', name }]),
        );
      }
      kinds.set(name, type);
      items.push({ kind: 'source', name, outcome: 'imported' });
    }
  }
  return items;
}

async function importRegistries(
  { registries }: ToolhiveContents,
  { database, configuration, isDryRun }: ToolhiveImport,
  kinds: ReadonlyMap<string, string>,
): Promise<ImportedItem[]> {
  const existing = new Set((await listRegistries(database)).map(({ name }) => name));
  const items: ImportedItem[] = [];
  for (const stored of registries.filter(({ isCreated }) => isCreated)) {
    const { name } = stored;
    const converted = registryFrom(stored, kinds);
    if (existing.has(name)) {
      items.push({ kind: 'registry', name, outcome: 'existing' });
    } else if ('reason' in converted) {
      items.push(refused('registry', name, converted.reason));
    } else {
      if (!isDryRun) {
        await createRegistry(database, converted.value);
        const target = { ...NO_TARGET, kind: 'registry', name } as const;
        await addAuditEvents(database, recorded(configuration, 'registry.create', [target]));
      }
      items.push({ kind: 'registry', name, outcome: 'imported' });
    }
  }
  return items;
}

async function importPublished(
  { sources, published }: ToolhiveContents,
  { database, configuration, isDryRun }: ToolhiveImport,
  { kinds, isNewSource }: { kinds: ReadonlyMap<string, string>; isNewSource: (name: string) => boolean },
): Promise<ImportedItem[]> {
  const managed = sources.find(({ type }) => type === MANAGED);
  if (managed === undefined) return [];
  const converted = published.map(entryFrom);
  const missing = kinds.get(managed.name) === MANAGED ? null : missingSource(managed.name);
  if (missing !== null) return published.map((version) => refusedVersion(version, missing));
  const entries = converted.flatMap((one) => ('value' in one ? [one.value] : []));
  const eventsOf = (imported: readonly ImportedEntry[]): readonly AuditEvent[] =>
    recorded(
      configuration,
      'entry.publish',
      imported.map(({ draft: { name, version } }) => ({ ...NO_TARGET, kind: 'entry', name, version })),
    );
  // A dry run hasn't created the source.
  const outcomes =
    isDryRun && isNewSource(managed.name)
      ? entries.map(() => 'imported' as const)
      : await importEntries(database, { sourceName: managed.name, entries, eventsOf, isDryRun });
  return versionItems(published, converted, outcomes);
}

/** @param outcomes the outcomes of the versions that could be converted, in order */
function versionItems(
  published: readonly ToolhivePublishedVersion[],
  converted: readonly Converted<ImportedEntry>[],
  outcomes: readonly ImportOutcome[],
): ImportedItem[] {
  const left = outcomes.values();
  return published.map((version, index) => {
    const one = converted[index]!;
    if ('reason' in one) return refusedVersion(version, one.reason);
    const outcome = left.next().value!;
    if (outcome === 'otherClaims') return refusedVersion(version, OTHER_CLAIMS);
    return { kind: 'version', ...identityOf(version), outcome };
  });
}

/** Lists the items that the import deliberately leaves out, with the reason. */
export function notImported({ sources, registries }: ToolhiveContents): string[] {
  const configured = (all: readonly { readonly isCreated: boolean }[]): number =>
    all.filter(({ isCreated }) => !isCreated).length;
  const synced = sources.filter(({ type }) => type !== MANAGED).length;
  const remarks: [number, string, string][] = [
    [configured(sources), 'sources of the configuration file', 'Rollcall reads them from its own file'],
    [configured(registries), 'registries of the configuration file', 'Rollcall reads them from its own file'],
    [synced, 'synced sources', 'Rollcall syncs their entries itself'],
  ];
  return remarks.filter(([number]) => number > 0).map(([number, what, why]) => `${what} (${number}): ${why}`);
}

const OTHER_CLAIMS =
  'Rollcall has this name with other claims: change them with `rollcall admin entries claims`, then import again';

function missingSource(name: string): string {
  return `Rollcall has no managed source "${name}": add it to the configuration file, and start a worker once`;
}

function refused(kind: 'source' | 'registry', name: string, reason: string): ImportedItem {
  return { kind, name, outcome: 'refused', reason };
}

function refusedVersion(published: ToolhivePublishedVersion, reason: string): ImportedItem {
  return { kind: 'version', ...identityOf(published), outcome: 'refused', reason };
}

function identityOf({ kind, stored }: ToolhivePublishedVersion): { readonly name: string; readonly version: string } {
  const { name, version } = stored;
  return { name: kind === 'server' ? name : storedName(kind, `${stored.namespace}/${name}`), version };
}

const NO_TARGET = { version: null, registry: null };

function recorded(
  { audit }: Pick<Configuration, 'audit'>,
  action: AuditAction,
  targets: readonly AuditTarget[],
): readonly AuditEvent[] {
  if (!isRecorded(audit, action)) return [];
  const at = new Date().toISOString();
  const detail = { importedFrom: 'toolhive' };
  return targets.map((target) => newEvent({ ...NO_SENDER, at, action, outcome: 'success', target, detail }));
}
