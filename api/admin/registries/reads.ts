/** Registries: the views that clients read. */
import { z } from 'zod';
import {
  findRegistry,
  listRegistries as readRegistries,
  type RegistryRow,
} from '../../../db/configuration/registries.ts';
import { listEntries } from '../../../db/entries/entries.ts';
import { storedName } from '../../../registry/entry-kind.ts';
import { isJsonObject } from '../../../registry/json.ts';
import { ROLES } from '../../../registry/roles.ts';
import { seesRegistry } from '../../access/permissions.ts';
import { tokenCaller } from '../../access/token-caller.ts';
import { entriesOf } from '../../access/visibility.ts';
import { HttpError } from '../../http/error.ts';
import { entryKind, serverName, withKind } from '../entries/names.ts';
import { type OperationContext, query } from '../operation.ts';
import type { ViewAs } from '../outputs.ts';

export const byRegistryName = z.object({ name: z.string().min(1).max(128) });

type Asked = Pick<OperationContext, 'database' | 'caller'>;

/** The registries that the caller can see, by name, each with its sources in order of precedence. */
export const listRegistries = query({
  role: null,
  input: z.void(),
  run: visibleRegistries,
});

export const getRegistry = query({
  role: null,
  input: byRegistryName,
  run: (context, { name }) => visibleRegistry(context, name),
});

/** The registries that the caller can see, by name. */
export async function visibleRegistries({ database, caller }: Asked): Promise<readonly RegistryRow[]> {
  return (await readRegistries(database)).filter((registry) => seesRegistry(caller, registry));
}

/** @throws HttpError 404 for a registry that doesn't exist or that the caller can't see. */
export async function visibleRegistry({ database, caller }: Asked, name: string): Promise<RegistryRow> {
  const registry = await findRegistry(database, name);
  if (registry !== null && seesRegistry(caller, registry)) return registry;
  throw new HttpError(404, `There is no registry "${name}"`);
}

const MAX_VIEWED = 100;

/** What a caller with other claims would see of a registry. Claims are those of a token, nested as in the token. */
export const viewRegistryAs = query({
  role: 'superAdmin',
  input: byRegistryName.extend({
    claims: z.custom<Readonly<Record<string, unknown>>>(isJsonObject, 'expected the claims of a token: an object'),
    entryKind,
    search: z.string().max(200).optional(),
    /** `next` of the previous page. */
    after: serverName.optional(),
  }),
  run: async (context, { name, claims, entryKind: kind, search, after }): Promise<ViewAs> => {
    const { audit, database, sender, views } = context;
    const { settings } = context.access;
    const [provider] = settings.mode === 'oauth' ? settings.providers : [];
    if (settings.mode !== 'oauth' || provider === undefined) {
      throw new HttpError(400, 'Claims have no effect while authentication is off: everyone sees everything');
    }
    const registry = await visibleRegistry(context, name);
    const target = { kind: 'registry', name, version: null, registry: null } as const;
    audit.occurred({ sender, action: 'registry.viewAs', target, outcome: 'success' });
    const caller = tokenCaller(claims, provider, settings);
    const roles = ROLES.filter((role) => caller.roles.has(role));
    if (!seesRegistry(caller, registry)) return { isVisible: false, roles, entries: [], next: null };
    const found = await listEntries(database, {
      ...entriesOf(await views.of(caller, registry), kind),
      version: 'latest',
      search,
      // A version comes after the name in the order; every version of the last name is skipped.
      after: after === undefined ? undefined : { name: storedName(kind, after), version: '\u{10FFFF}' },
      limit: MAX_VIEWED + 1,
      includeDeleted: false,
    });
    const entries = found.slice(0, MAX_VIEWED).map(withKind);
    return {
      isVisible: true,
      roles,
      entries,
      next: found.length > MAX_VIEWED ? (entries.at(-1)?.name ?? null) : null,
    };
  },
});
