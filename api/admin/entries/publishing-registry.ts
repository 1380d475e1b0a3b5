/** The registry that is published to if the request doesn't name one. */
import { z } from 'zod';
import { listRegistries, type RegistryRow } from '../../../db/configuration/registries.ts';
import { listSources } from '../../../db/configuration/sources.ts';
import { ENTRY_KINDS } from '../../../registry/entry-kind.ts';
import { sees, seesRegistry } from '../../access/permissions.ts';
import { HttpError } from '../../http/error.ts';
import { text } from '../../http/values.ts';
import type { OperationContext } from '../operation.ts';
import { visibleRegistry } from '../registries/reads.ts';
import { isManaged } from '../../../registry/source-definition.ts';

const nonEmpty = text.min(1, 'is empty');

/** The registry to publish to. If it isn't named, see `publishingRegistry`. */
export const inRegistry = { registry: z.string().min(1).max(128).optional() };
export const serverName = nonEmpty;
export const serverVersion = nonEmpty;

/** The kind of the entry that an operation is about. Default: a server. */
export const entryKind = z.enum(ENTRY_KINDS).default('server');

/**
 * The registry of this name. Without a name, the default registry, or else a registry with the only managed source that the
 * caller can see.
 *
 * @throws HttpError 404 for a registry that the caller can't see, 400 if the request must name it, 501 if there is no managed
 *   source
 */
export async function publishingRegistry(context: OperationContext, name: string | undefined): Promise<RegistryRow> {
  if (name !== undefined) return await visibleRegistry(context, name);
  const [registries, sources] = await Promise.all([listRegistries(context.database), listSources(context.database)]);
  const managed = new Map(sources.filter(isManaged).map((source) => [source.name, source]));
  const shown = registries
    .filter((registry) => seesRegistry(context.caller, registry))
    .flatMap((registry) => {
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
