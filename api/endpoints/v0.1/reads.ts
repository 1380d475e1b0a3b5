/** Reads of a registry: lists, versions, and single entries. */
import type { z } from 'zod';
import { readConsistently } from '../../../db/connection/consistent-read.ts';
import { listVersions, streamVersions } from '../../../db/entries/versions.ts';
import { entriesOf } from '../../access/visibility.ts';
import type { Page } from '../../cache/pages.ts';
import { servedView } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { pathParameter, requiredParameter } from '../../http/path-parameter.ts';
import type { Call } from '../endpoint.ts';
import { itemJson, listJson, listPieces } from './item-json.ts';
import { type PageOfList, pageOfList } from './list-query.ts';
import type { ListParameters, readParameters } from './parameters.ts';
import { makePages } from './read-ahead.ts';

/** `GET …/servers` */
export async function listServers({ context, request, response, query }: Call<ListParameters>): Promise<void> {
  const view = await servedView(context, request);
  const page = pageOfList(query, view.registry.name);
  await context.pages.send(request, response, {
    view,
    key: keyOf(page),
    make: async (keep) => {
      const [{ body }, ...following] = await makePages(context.database, view, page);
      for (const next of following) keep(keyOf(next.page), next.body);
      return body;
    },
  });
}

function keyOf({ query, after, limit }: PageOfList): Page['key'] {
  return [
    'servers',
    after?.name ?? null,
    after?.version ?? null,
    limit,
    query.search ?? null,
    query.version ?? null,
    query.updatedSince ?? null,
    query.includeDeleted,
  ];
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
      const entry = await context.lookUps.find({ ...entriesOf(view), name, version, includeDeleted });
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
