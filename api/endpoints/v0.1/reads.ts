/** Reading a registry: lists, versions, single entries. */
import type { z } from 'zod';
import { readConsistently } from '../../../db/connection/consistent-read.ts';
import { listEntries } from '../../../db/entries/entries.ts';
import { isCutShort } from '../../../db/entries/entry-rows.ts';
import { findEntry, listVersions, streamVersions } from '../../../db/entries/versions.ts';
import { encodeCursor } from '../../../registry/cursor.ts';
import { entriesOf, type RegistryView } from '../../access/visibility.ts';
import { type ApiContext, servedView } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { pathParameter, requiredParameter } from '../../http/path-parameter.ts';
import type { Call } from '../endpoint.ts';
import { itemJson, listJson, listPieces } from './item-json.ts';
import { type PageOfList, pageOfList } from './list-query.ts';
import type { ListParameters, readParameters } from './parameters.ts';

/** `GET …/servers` */
export async function listServers({ context, request, response, query: given }: Call<ListParameters>): Promise<void> {
  const view = await servedView(context, request);
  const page = pageOfList(given, view.registry.name);
  const { query, after, limit } = page;
  await context.pages.send(request, response, {
    view,
    key: [
      'servers',
      after?.name ?? null,
      after?.version ?? null,
      limit,
      query.search ?? null,
      query.version ?? null,
      query.updatedSince ?? null,
      query.includeDeleted,
    ],
    make: () => makePage(context, view, page),
  });
}

async function makePage(
  { database }: ApiContext,
  view: RegistryView,
  { query, after, limit }: PageOfList,
): Promise<string> {
  const wanted = limit + 1;
  const found = await listEntries(database, { ...entriesOf(view), limit: wanted, after, ...query });
  const isLastPage = found.length < wanted && !isCutShort(found, wanted);
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  if (isLastPage || last === undefined) return listJson(entries);
  const cursor = { after: { name: last.name, version: last.version }, query };
  return listJson(entries, encodeCursor(cursor, view.registry.name));
}

type ReadCall = Call<z.output<typeof readParameters>>;

/** `GET …/servers/{server}/versions`, newest publication first. */
export async function listServerVersions({ context, request, response, query }: ReadCall): Promise<void> {
  const view = await servedView(context, request);
  const name = requiredParameter(request, 'server');
  const { include_deleted: includeDeleted = false } = query;
  await context.pages.send(request, response, {
    view,
    server: name,
    key: ['versions', name, includeDeleted],
    make: async () => {
      const asked = { ...entriesOf(view), name, includeDeleted };
      const { entries, areAll } = await listVersions(context.database, asked);
      if (entries.length === 0) throw noSuchServer(view.registry.name, name);
      if (areAll) return listJson(entries);
      return (reader) =>
        readConsistently(context.database, reader, (transaction) => listPieces(streamVersions(transaction, asked)));
    },
  });
}

/** `GET …/servers/{server}/versions/{version}`, or `latest`; the latest if the path has no version. */
export async function getServerVersion({ context, request, response, query }: ReadCall): Promise<void> {
  const view = await servedView(context, request);
  const name = requiredParameter(request, 'server');
  const version = pathParameter(request, 'version') ?? 'latest';
  const { include_deleted: includeDeleted = false } = query;
  await context.pages.send(request, response, {
    view,
    server: name,
    key: ['version', name, version, includeDeleted],
    make: async () => {
      const entry = await findEntry(context.database, { ...entriesOf(view), name, version, includeDeleted });
      if (entry === null) throw noSuchVersion(view.registry.name, name, version);
      return itemJson(entry);
    },
  });
}

function noSuchServer(registryName: string, name: string): HttpError {
  return new HttpError(404, `Registry "${registryName}" has no server "${name}"`);
}

function noSuchVersion(registryName: string, name: string, version: string): HttpError {
  if (version === 'latest') return noSuchServer(registryName, name);
  return new HttpError(404, `Registry "${registryName}" has no version "${version}" of server "${name}"`);
}
