/** The entries of sources, including those that no registry shows because another source takes precedence. */
import { z } from 'zod';
import { listClaimSets } from '../../../db/claims/claim-sets.ts';
import { type EntryListQuery, listSourcesEntries } from '../../../db/entries/entry-lists.ts';
import type { ServerClaims } from '../../../db/claims/server-claims.ts';
import type { Visibility } from '../../../db/claims/visibility.ts';
import { storedName } from '../../../registry/entry-kind.ts';
import { sees } from '../../access/permissions.ts';
import { publishedServer, publishingRegistry } from './managed-server.ts';
import { entryKind, inRegistry, serverName, serverVersion, withKind } from './names.ts';
import { type OperationContext, query } from '../operation.ts';
import type { EntryPage } from '../outputs.ts';
import { byRegistryName, visibleRegistry } from '../registries/reads.ts';
import { bySourceName, visibleSource } from '../sources/requested-source.ts';

const MAX_PAGE = 1000;

const page = {
  limit: z.int().min(1).max(MAX_PAGE).default(100),
  /** `next` of the previous page. */
  after: z
    .object({ entryKind, name: serverName, version: serverVersion, position: z.int().min(0) })
    .transform(({ entryKind: kind, name, ...place }) => ({ ...place, name: storedName(kind, name) }))
    .optional(),
  includeDeleted: z.boolean().default(false),
};

/** The entries of one source, with the claims that each requires, a page at a time. */
export const listSourceEntries = query({
  role: 'manageSources',
  input: bySourceName.extend(page),
  run: async (context, { name, ...asked }) => {
    const { id: sourceId } = await visibleSource(context, name);
    return await readPage(context, { ...asked, of: { sourceId }, visibility: await visibilityOf(context) });
  },
});

/** The entries of all sources of a registry, including those hidden by another source. */
export const listRegistryEntries = query({
  role: 'manageRegistries',
  input: byRegistryName.extend(page),
  run: async (context, { name, ...asked }) => {
    const { id: registryId } = await visibleRegistry(context, name);
    return await readPage(context, { ...asked, of: { registryId }, visibility: await visibilityOf(context) });
  },
});

/** The claims required for reading a published server, and whether they are its own or its source's. */
export const getEntryClaims = query({
  role: 'manageEntries',
  input: z.object({ ...inRegistry, entryKind, name: serverName }),
  run: async (context, { registry: registryName, entryKind: kind, name }): Promise<ServerClaims> => {
    const registry = await publishingRegistry(context, registryName);
    const { required } = await publishedServer(context, registry, { name: storedName(kind, name), version: null });
    return required;
  },
});

async function readPage({ database }: OperationContext, asked: EntryListQuery): Promise<EntryPage> {
  const { entries: rows, isLast } = await listSourcesEntries(database, asked);
  const entries = rows.map(withKind);
  const last = entries.at(-1);
  if (isLast || last === undefined) return { entries, next: null };
  const { entryKind: kind, name, version, position } = last;
  return { entries, next: { entryKind: kind, name, version, position } };
}

/** Roles don't matter here: callers only see entries that their claims allow. */
async function visibilityOf({ database, caller }: OperationContext): Promise<Visibility> {
  if (caller.seesEverything) return 'all';
  const held = (await listClaimSets(database)).filter(({ claims }) => sees(caller, claims));
  return { claimSetIds: held.map(({ id }) => id), includeUntagged: false };
}
