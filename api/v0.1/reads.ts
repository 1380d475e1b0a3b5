/** Reading a registry: lists, versions, single entries. */
import type { RequestHandler } from 'express';
import { readConsistently } from '../../db/connection/consistent-read.ts';
import { findEntry, listVersions, streamVersions } from '../../db/entries/versions.ts';
import { entriesOf } from '../access/visibility.ts';
import type { Page } from '../cache/pages.ts';
import { type ApiContext, servedView } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { readQuery } from '../http/query-string.ts';
import { pathParameter } from '../http/routes.ts';
import { itemJson, listJson, listPieces } from './item-json.ts';
import { readPageOfList, type PageOfList } from './list-query.ts';
import { readParameters } from './parameters.ts';
import { cursorOf, makePages, withCursor } from './read-ahead.ts';

/** `GET …/servers` */
export function listServers(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const view = await servedView(context, request);
    const page = readPageOfList(request.url, view.registry.name);
    await context.pages.send(request, response, {
      view,
      key: keyOf(page),
      make: async (prepare) => {
        const [asked, ...following] = await makePages(context.database, view, page);
        for (const { page: next, body } of following) {
          prepare({ url: withCursor(request.originalUrl, cursorOf(next, view)), key: keyOf(next), body });
        }
        return asked!.body;
      },
    });
  };
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

/** `GET …/servers/{server}/versions`, newest publication first. */
export function listServerVersions(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const view = await servedView(context, request);
    const name = pathParameter(request, 'server');
    const includeDeleted = readQuery(request.url, readParameters).include_deleted ?? false;
    await context.pages.send(request, response, {
      view,
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
  };
}

/** `GET …/servers/{server}/versions/{version}`, or `latest`; without a version in the path the latest. */
export function getServerVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const view = await servedView(context, request);
    const name = pathParameter(request, 'server');
    const version = request.params['version'] === undefined ? 'latest' : pathParameter(request, 'version');
    const includeDeleted = readQuery(request.url, readParameters).include_deleted ?? false;
    await context.pages.send(request, response, {
      view,
      key: ['version', name, version, includeDeleted],
      make: async () => {
        const entry = await findEntry(context.database, { ...entriesOf(view), name, version, includeDeleted });
        if (entry === null) throw noSuchVersion(view.registry.name, name, version);
        return itemJson(entry);
      },
    });
  };
}

function noSuchServer(registryName: string, name: string): HttpError {
  return new HttpError(404, `Registry "${registryName}" has no server "${name}"`);
}

function noSuchVersion(registryName: string, name: string, version: string): HttpError {
  if (version === 'latest') return noSuchServer(registryName, name);
  return new HttpError(404, `Registry "${registryName}" has no version "${version}" of server "${name}"`);
}
