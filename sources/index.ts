/** The kinds of sources. The rest of Rollcall knows them only through this list. */
import type { OutboundSettings } from '../config/model.ts';
import type { AdmissionFault } from '../outbound/admission.ts';
import { RollcallError } from '../registry/failure.ts';
import type { SourceDefinition, SourceOrigin } from '../registry/source-definition.ts';
import { api } from './api/index.ts';
import { configMap } from './config-map/index.ts';
import { file } from './file/index.ts';
import { git } from './git/index.ts';
import { kubernetes } from './kubernetes/index.ts';
import { managed } from './managed/index.ts';
import type { GitPackage } from '../registry/skills/packages.ts';
import type { PackageReader } from './package-reader.ts';
import type { SourceKind, SourceReader } from './source-kind.ts';

/** The kinds in the order in which the configuration lists them. */
const kinds: SourceKind[] = [erased(git), erased(api), erased(file), managed, erased(kubernetes), erased(configMap)];

/** All kinds. Schemas are built from them when they are loaded. */
export function sourceKinds(): readonly SourceKind[] {
  return kinds;
}

/** Adds a kind. Call it before anything that builds a schema from the kinds is imported. */
export function addSourceKind<Origin extends SourceOrigin, Written>(kind: SourceKind<Origin, Written>): void {
  kinds.push(erased(kind));
}

/** The names of all kinds, as APIs show them. */
export function sourceKindNames(): readonly string[] {
  return [...new Set(kinds.map(({ name }) => name))];
}

/** @throws RollcallError `DefinitionInvalid` for a kind that this version doesn't have */
export function kindOf(origin: SourceOrigin): SourceKind {
  const kind = kinds.find(({ name, owns }) => name === origin.kind && (owns?.(origin) ?? true));
  if (kind !== undefined) return kind;
  throw new RollcallError('DefinitionInvalid', `this version of Rollcall has no source kind ${origin.kind}`);
}

/** @throws RollcallError `SourceManaged` for a managed source, which has nothing to read */
export async function readerOf({ name, origin }: SourceDefinition): Promise<SourceReader> {
  const reader = await kindOf(origin).loadReader?.();
  if (reader !== undefined) return reader;
  throw new RollcallError('SourceManaged', `the source ${name} is managed: entries can only be published to it`);
}

/** Reads `git` packages as Git sources read repositories. */
export async function gitPackageReader(): Promise<PackageReader<GitPackage>> {
  return (await import('./git/package.ts')).gitPackages;
}

/** Everything that prevents a source with this origin from being created through the API. */
export function admissionFaults(origin: SourceOrigin, settings: OutboundSettings): readonly AdmissionFault[] {
  return kindOf(origin).admissionFaults(origin, settings);
}

/** A kind only gets origins that it owns, and members that its schema accepted. */
function erased<Origin extends SourceOrigin, Written>(kind: SourceKind<Origin, Written>): SourceKind {
  return kind as unknown as SourceKind;
}
