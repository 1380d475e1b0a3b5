/**
 * Finds the target of a publication: a registry, and a name in its managed source, for servers, skills, and plugins.
 */
import type { RegistryRow } from '../../../db/configuration/registries.ts';
import { entryClaims, namesakes, type ServerClaims } from '../../../db/claims/server-claims.ts';
import { findManagedSource, listSources, type SourceRow } from '../../../db/configuration/sources.ts';
import { type EntryKind, entryLabel, servedName, storedName } from '../../../registry/entry-kind.ts';
import { RollcallError } from '../../../registry/failure.ts';
import { isManaged } from '../../../registry/source-definition.ts';
import { requireNamespace, sees } from '../../access/permissions.ts';
import { HttpError } from '../../http/error.ts';
import type { OperationContext } from '../operation.ts';
import { visibleRegistries, visibleRegistry } from '../registries/reads.ts';

/**
 * The registry of this name. Without a name, the default registry, or else a registry with the only managed source that the
 * caller can see.
 *
 * @throws HttpError 404 for a registry that the caller can't see, 400 if the request must name it, 501 if there is no managed
 *   source
 */
export async function publishingRegistry(context: OperationContext, name: string | undefined): Promise<RegistryRow> {
  if (name !== undefined) return await visibleRegistry(context, name);
  const [registries, sources] = await Promise.all([visibleRegistries(context), listSources(context.database)]);
  const managed = new Map(sources.filter(isManaged).map((source) => [source.name, source]));
  const shown = registries.flatMap((registry) => {
    const source = registry.sources.map((member) => managed.get(member)).find((member) => member !== undefined);
    return source === undefined ? [] : [{ registry, source }];
  });
  const own = shown.filter(({ source }) => sees(context.caller, source.claims));
  // If the caller sees none of them, the error is about one of the others.
  const candidates = own.length > 0 ? own : shown;
  const [first] = candidates;
  if (first === undefined) {
    throw new HttpError(501, 'No registry has a managed source, so nothing can be published: add one to a registry');
  }
  const byDefault = candidates.find(({ registry }) => registry.isDefault);
  if (byDefault !== undefined) return byDefault.registry;
  if (candidates.every(({ source }) => source.name === first.source.name)) return first.registry;
  const names = candidates.map(({ registry }) => `"${registry.name}"`).join(', ');
  throw new HttpError(400, `Several registries can be published to: name one of ${names}`);
}

/** A name in a managed source, whether or not it is taken. */
export interface ManagedServer {
  readonly registry: RegistryRow;
  readonly source: SourceRow;
  /** The stored name (registry/entry-kind.ts). */
  readonly name: string;
}

/**
 * A name in the registry's managed source, for publishing under it.
 *
 * @throws HttpError 501 if the registry has no managed source, 403 if the caller can't write to it or publish under the
 *   name
 */
export async function publishableServer(
  context: OperationContext,
  registry: RegistryRow,
  name: string,
): Promise<ManagedServer> {
  const server = await managedServer(context, registry, name);
  requireNamespace(context.caller, servedName(name), context.access.settings);
  return server;
}

/** One version of a server, or with null all of them. */
interface PublishedVersion {
  readonly name: string;
  readonly version: string | null;
}

/** A published server that the caller can see. */
export interface PublishedServer extends ManagedServer {
  readonly required: ServerClaims;
}

/**
 * A published server that the caller can change. The namespace is checked first, so that callers learn nothing about names
 * outside their namespaces.
 *
 * @throws as `publishedServer`, and HttpError 403 for a name that is in none of the caller's namespaces.
 */
export async function changeableServer(
  context: OperationContext,
  registry: RegistryRow,
  { name, version }: PublishedVersion,
): Promise<PublishedServer> {
  return await visibleServer(context, await publishableServer(context, registry, name), version);
}

/**
 * A published server that the caller can see.
 *
 * @throws HttpError 501 if the registry has no managed source, 403 if the caller can't see that source; RollcallError
 *   `EntryNotFound` if the version doesn't exist, with the same message if the caller can't see it.
 */
export async function publishedServer(
  context: OperationContext,
  registry: RegistryRow,
  { name, version }: PublishedVersion,
): Promise<PublishedServer> {
  return await visibleServer(context, await managedServer(context, registry, name), version);
}

/** A hidden version costs the same query as an absent one, so that response times don't reveal it. */
async function visibleServer(
  { database, caller }: OperationContext,
  server: ManagedServer,
  version: string | null,
): Promise<PublishedServer> {
  const { source, name } = server;
  const required = await entryClaims(database, { sourceId: source.id, name, version });
  if (required !== null && sees(caller, required.claims)) return { ...server, required };
  throw new RollcallError(
    'EntryNotFound',
    `There is no ${version === null ? entryLabel(name) : `version ${version} of ${entryLabel(name)}`} in the managed source "${source.name}". Entries of other sources can only be changed there.`,
  );
}

/** Whether the caller can see the server with this name. True for a free name. */
export async function isVisible(
  { database, caller }: OperationContext,
  { source, name }: ManagedServer,
): Promise<boolean> {
  const required = await entryClaims(database, { sourceId: source.id, name, version: null });
  return required === null || sees(caller, required.claims);
}

/**
 * The name with its namespace of a published skill or plugin. Clients of ToolHive Registry Server leave out the namespace.
 * A name that the caller can't find is returned unchanged.
 *
 * @throws HttpError 409 if the caller can see several with this name, deleted ones included: otherwise a repeated
 *   deletion could delete another one
 */
export async function nameWithNamespace(context: OperationContext, kind: EntryKind, name: string): Promise<string> {
  if (kind === 'server' || name.includes('/')) return name;
  const registry = await publishingRegistry(context, undefined);
  const { source } = await managedServer(context, registry, storedName(kind, name));
  const all = await namesakes(context.database, { sourceId: source.id, kind, shortName: name });
  const [found, ...others] = all
    .filter(({ claims }) => sees(context.caller, claims))
    .map((named) => servedName(named.name));
  if (others.length === 0) return found ?? name;
  const names = [found, ...others].map((full) => `"${full}"`).join(', ');
  throw new HttpError(
    409,
    `Several ${kind}s have the name "${name}": use one of ${names}, with the slash encoded as %2F`,
  );
}

async function managedServer(
  { database, caller }: OperationContext,
  registry: RegistryRow,
  name: string,
): Promise<ManagedServer> {
  const source = await findManagedSource(database, registry.name);
  if (source === null) {
    throw new HttpError(
      501,
      `Registry "${registry.name}" has no managed source, so nothing can be published to it: add a source of kind "managed" to it`,
    );
  }
  if (sees(caller, source.claims)) return { registry, source, name };
  throw new HttpError(403, `Registry "${registry.name}" publishes to a source whose claims you do not hold`);
}
