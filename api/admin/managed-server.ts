/** Where what is published goes: to the managed source of a registry, for those who may write to it. */
import type { RegistryRow } from '../../db/registries.ts';
import { entryClaims } from '../../db/server-claims.ts';
import { findManagedSource, type SourceRow } from '../../db/sources.ts';
import { RollcallError } from '../../registry/failure.ts';
import { requireNamespace, sees } from '../access/permissions.ts';
import { HttpError } from '../http/error.ts';
import type { OperationContext } from './operation.ts';

/** A name in a managed source; whether there is anything under it is another question. */
export interface ManagedServer {
  readonly registry: RegistryRow;
  readonly source: SourceRow;
  readonly name: string;
}

/**
 * The place of a name in the registry's managed source, for somebody who wants to publish under it.
 *
 * @throws HttpError 501 where the registry has no managed source, 403 where the caller may not write to it or publish
 *   under the name.
 */
export async function publishableServer(
  context: OperationContext,
  registry: RegistryRow,
  name: string,
): Promise<ManagedServer> {
  const server = await managedServer(context, registry, name);
  requireNamespace(context.caller, name, context.access.settings);
  return server;
}

/** What a request names: one version of a server, or with null all of them. */
interface PublishedVersion {
  readonly name: string;
  readonly version: string | null;
}

/**
 * What was published and may be changed by the caller.
 *
 * @throws as `publishedServer`, and HttpError 403 for a name that the caller may not publish under.
 */
export async function changeableServer(
  context: OperationContext,
  registry: RegistryRow,
  server: PublishedVersion,
): Promise<ManagedServer> {
  const published = await publishedServer(context, registry, server);
  requireNamespace(context.caller, server.name, context.access.settings);
  return published;
}

/**
 * What was published and may be seen by the caller.
 *
 * @throws HttpError 501 where the registry has no managed source, 403 where the caller may not see it, RollcallError
 *   `EntryNotFound` where the caller may not see what was published, as where there is nothing.
 */
export async function publishedServer(
  context: OperationContext,
  registry: RegistryRow,
  { name, version }: PublishedVersion,
): Promise<ManagedServer> {
  const server = await managedServer(context, registry, name);
  if (await isVisible(context, server)) return server;
  throw new RollcallError('EntryNotFound', `There is no ${version === null ? name : `version ${version} of ${name}`}.`);
}

/** Whether the caller may see what is published under the name; of a name that is free there is nothing to hide. */
export async function isVisible(
  { database, caller }: OperationContext,
  { source, name }: ManagedServer,
): Promise<boolean> {
  const required = await entryClaims(database, { sourceId: source.id, name });
  return required === null || sees(caller, required.claims);
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
  throw new HttpError(
    403,
    `What is published to registry "${registry.name}" goes to a source whose claims you do not hold`,
  );
}
