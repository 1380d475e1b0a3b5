/** What a caller with other claims would see of a registry. */
import { z } from 'zod';
import { listEntries } from '../../../db/entries/entries.ts';
import { storedName } from '../../../registry/entry-kind.ts';
import { isJsonObject } from '../../../registry/json.ts';
import { ROLES, type Role } from '../../../registry/roles.ts';
import { seesRegistry } from '../../access/permissions.ts';
import { tokenCaller } from '../../access/token-caller.ts';
import { entriesOf } from '../../access/visibility.ts';
import { HttpError } from '../../http/error.ts';
import { withKind } from '../entries/client-entry.ts';
import { query } from '../operation.ts';
import { entryKind } from '../entries/publishing-registry.ts';
import { byRegistryName, visibleRegistry } from './reads.ts';

const MAX_ENTRIES = 100;

export interface ViewAs {
  /** Whether the registry is visible at all. If not, requests for it are answered with 404. */
  readonly isVisible: boolean;
  /** The roles that the claims give. */
  readonly roles: readonly Role[];
  /** The latest versions of the first visible entries of the kind, by name. */
  readonly entries: readonly { readonly name: string; readonly version: string; readonly sourceName: string }[];
  /** The name after which the next page begins; null: this is the last one. */
  readonly next: string | null;
}

/** Claims are those of a token, nested as in the token. */
export const viewRegistryAs = query({
  role: 'superAdmin',
  input: byRegistryName.extend({
    claims: z.custom<Readonly<Record<string, unknown>>>(isJsonObject, 'expected the claims of a token: an object'),
    entryKind,
    search: z.string().max(200).optional(),
    /** `next` of the previous page. */
    after: z.string().max(200).optional(),
  }),
  run: async (context, { name, claims, entryKind: kind, search, after }): Promise<ViewAs> => {
    const { access, audit, database, registries, sender, views } = context;
    const { settings } = access;
    const [provider] = settings.mode === 'oauth' ? settings.providers : [];
    if (settings.mode !== 'oauth' || provider === undefined) {
      throw new HttpError(400, 'Claims have no effect while authentication is off: everyone sees everything');
    }
    await visibleRegistry(context, name);
    const registry = await registries.find(name);
    if (registry === undefined) throw new HttpError(404, `There is no registry "${name}"`);
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
      limit: MAX_ENTRIES + 1,
      includeDeleted: false,
    });
    const entries = found.slice(0, MAX_ENTRIES).map(withKind);
    return {
      isVisible: true,
      roles,
      entries: entries.map((entry) => ({ name: entry.name, version: entry.version, sourceName: entry.sourceName })),
      next: found.length > MAX_ENTRIES ? (entries.at(-1)?.name ?? null) : null,
    };
  },
});
