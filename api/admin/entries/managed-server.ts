/** Names in the managed source of a registry, which servers, skills, and plugins are published to. */
import type { RegistryRow } from '../../../db/configuration/registries.ts';
import { entryClaims, namesakes, type ServerClaims } from '../../../db/claims/server-claims.ts';
import { findManagedSource, type SourceRow } from '../../../db/configuration/sources.ts';
import { type EntryKind, entryLabel, servedName, storedName } from '../../../registry/entry-kind.ts';
import { RollcallError } from '../../../registry/failure.ts';
import { requireNamespace, sees } from '../../access/permissions.ts';
import { HttpError } from '../../http/error.ts';
import type { OperationContext } from '../operation.ts';
import { publishingRegistry } from './publishing-registry.ts';

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
    `There is no ${version === null ? entryLabel(name) : `version ${version} of ${entryLabel(name)}`}.`,
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
