/** The catalog of the console: registries as their readers see them. Callers without a token read the public ones. */
import { z } from 'zod';
import type { RegistryRow } from '../../db/configuration/registries.ts';
import { listCatalogChoices, listCatalogVersions, searchCatalog } from '../../db/entries/catalog.ts';
import { findEntry } from '../../db/entries/versions.ts';
import { findLastSyncOf } from '../../db/syncs/sync-changes.ts';
import { ENTRY_STATUSES } from '../../registry/entry.ts';
import type { EntryKind } from '../../registry/entry-kind.ts';
import { entriesOf } from '../access/visibility.ts';
import { readableRegistry } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { timestamp } from '../http/values.ts';
import { type OperationContext, query } from './operation.ts';
import { visibleRegistries } from './registries/reads.ts';
import { entryKind, serverName, serverVersion, withKind } from './entries/names.ts';

/** The registries that the caller can read, the default one first, then by name. */
export const listReadableRegistries = query({
  role: null,
  needsToken: false,
  input: z.void(),
  run: readableRegistries,
});

const text = z.string().max(300);
const ofRegistry = z.object({ registry: text, entryKind });
const ofServer = ofRegistry.extend({ name: serverName });

/**
 * Servers, skills, or plugins by their latest versions, filtered, with the number of all matches. The default is the
 * first registry that the caller can read.
 */
export const searchServers = query({
  role: null,
  needsToken: false,
  input: ofRegistry.extend({
    registry: text.optional(),
    entryKind,
    search: text.optional(),
    source: text.optional(),
    /** A kind of package, such as `npm`. */
    kind: text.optional(),
    place: z.enum(['local', 'remote']).optional(),
    transport: text.optional(),
    tag: text.optional(),
    status: z.enum(ENTRY_STATUSES).optional(),
    updatedSince: timestamp.optional(),
    sort: z.enum(['name', 'updated']).default('name'),
    offset: z.int().min(0).max(1_000_000).default(0),
    limit: z.int().min(1).max(200).default(100),
  }),
  run: async (context, { registry, entryKind: wanted, kind, place, transport, ...filters }) => {
    const name = registry ?? (await readableRegistries(context))[0]?.name;
    if (name === undefined) return { servers: [], total: 0 };
    return await searchCatalog(context.database, {
      ...(await readEntries(context, name, wanted)),
      ...filters,
      facets: [
        ...(kind === undefined ? [] : [`package:${kind}`]),
        ...(place === undefined ? [] : [place]),
        ...(transport === undefined ? [] : [`transport:${transport}`]),
      ],
    });
  },
});

/** The values that servers of a registry can be filtered by, with the number of servers that have them. */
export const listChoices = query({
  role: null,
  needsToken: false,
  input: ofRegistry,
  run: async (context, { registry, entryKind: wanted }) =>
    await listCatalogChoices(context.database, await readEntries(context, registry, wanted)),
});

/** The versions of a server, newest publication first, deleted ones included. */
export const listServerVersions = query({
  role: null,
  needsToken: false,
  input: ofServer,
  run: async (context, { registry, entryKind: wanted, name }) => {
    const asked = { ...(await readEntries(context, registry, wanted)), name };
    const versions = await listCatalogVersions(context.database, asked);
    if (versions.length > 0) return versions;
    throw new HttpError(404, `Registry "${registry}" has no ${wanted} "${name}"`);
  },
});

/** One version of a server, with its document as text and the number of the sync that it came from. */
export const getServerVersion = query({
  role: null,
  needsToken: false,
  input: ofServer.extend({ version: serverVersion }),
  run: async (context, { registry, entryKind: wanted, name, version }) => {
    const entries = await readEntries(context, registry, wanted);
    const entry = await findEntry(context.database, { ...entries, name, version, includeDeleted: true });
    if (entry !== null) return { ...withKind(entry), syncNumber: await findLastSyncOf(context.database, entry) };
    throw new HttpError(404, `Registry "${registry}" has no version "${version}" of ${wanted} "${name}"`);
  },
});

async function readableRegistries(context: OperationContext): Promise<readonly RegistryRow[]> {
  const registries = await visibleRegistries(context);
  return registries.toSorted((one, other) => Number(other.isDefault) - Number(one.isDefault));
}

/** @throws HttpError 404 for a registry that doesn't exist, or that the caller can't see. */
async function readEntries(
  context: OperationContext,
  name: string,
  kind: EntryKind,
): Promise<ReturnType<typeof entriesOf>> {
  const registry = await readableRegistry(context, name);
  return entriesOf(await context.views.of(context.caller, registry), kind);
}
