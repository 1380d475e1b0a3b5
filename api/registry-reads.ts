/** Reading a registry: lists, versions, single entries. */
import type { RequestHandler } from 'express';
import { findEntry, isCutShort, listVersions } from '../db/entries.ts';
import { encodeCursor } from '../registry/cursor.ts';
import { entriesOf, type RegistryView } from './access/visibility.ts';
import { type ApiContext, servedView } from './context.ts';
import { HttpError } from './http-error.ts';
import { itemJson, listJson } from './item-json.ts';
import { readPageOfList, type PageOfList } from './list-query.ts';
import { ReadAhead } from './read-ahead.ts';
import { readQuery } from './query-string.ts';
import { readParameters } from './request-schemas.ts';
import { pathParameter } from './routes.ts';

/** `GET …/servers` */
export function listServers(context: ApiContext): RequestHandler {
  const readAhead = new ReadAhead(context.database);
  return async (request, response) => {
    const view = await servedView(context, request);
    const page = readPageOfList(request.url, view.registry.name);
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
      make: () => makeList(readAhead, view, page),
    });
  };
}

async function makeList(readAhead: ReadAhead, view: RegistryView, page: PageOfList): Promise<string> {
  const { query, limit } = page;
  const found = await readAhead.list(view, page);
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  if (last === undefined || (found.length <= limit && !isCutShort(found, limit + 1))) return listJson(entries);
  const after = { name: last.name, version: last.version };
  return listJson(entries, encodeCursor({ after, query }, view.registry.name));
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
        const versions = await listVersions(context.database, { ...entriesOf(view), name, includeDeleted });
        if (versions.length === 0) throw noSuchServer(view.registry.name, name);
        return listJson(versions);
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
