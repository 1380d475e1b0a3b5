/** `/v1/sources/{name}/entries` and `/v1/registries/{name}/entries`: everything in one answer, written as it is read. */
import type { RequestHandler, Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ListedEntryRow } from '../../db/entry-lists.ts';
import { type EntryPage, listRegistryEntries, listSourceEntries } from '../admin/entries.ts';
import { ask, operationContext } from '../admin/operation.ts';
import { inChunks } from '../cache/pages.ts';
import type { ApiContext } from '../context.ts';
import { pathParameter } from '../http/routes.ts';
import type { RegistryEntryInfo, SourceEntryInfo } from './response-schemas.ts';

const PAGE = 1000;

export function getSourceEntries(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const operation = operationContext(context, request);
    const name = pathParameter(request, 'name');
    const read: ReadPage = (after) => ask(operation, listSourceEntries, { name, limit: PAGE, after });
    await sendEntries(response, byName(await allEntries(read)));
  };
}

export function getRegistryEntries(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const operation = operationContext(context, request);
    const name = pathParameter(request, 'name');
    const read: ReadPage = (after) => ask(operation, listRegistryEntries, { name, limit: PAGE, after });
    await sendEntries(response, onePerEntry(await allEntries(read)));
  };
}

type ReadPage = (after: EntryPage['next'] | undefined) => Promise<EntryPage>;

/** Fails before anything is sent where the first page can't be read. */
async function allEntries(read: ReadPage): Promise<AsyncIterable<ListedEntryRow>> {
  const first = await read(undefined);
  async function* following(): AsyncGenerator<ListedEntryRow, void, void> {
    for (let page = first; ; page = await read(page.next)) {
      yield* page.entries;
      if (page.next === null) return;
    }
  }
  return following();
}

async function* byName(entries: AsyncIterable<ListedEntryRow>): AsyncGenerator<SourceEntryInfo, void, void> {
  let server: SourceEntryInfo | undefined;
  for await (const entry of entries) {
    const { name, claims } = entry;
    if (server?.name === name) {
      server.versions.push(versionInfo(entry));
      continue;
    }
    if (server !== undefined) yield server;
    server = { entryType: 'MCP', name, ...(claims !== null && { claims }), versions: [versionInfo(entry)] };
  }
  if (server !== undefined) yield server;
}

async function* onePerEntry(entries: AsyncIterable<ListedEntryRow>): AsyncGenerator<RegistryEntryInfo, void, void> {
  for await (const entry of entries) {
    const { name, sourceName, position } = entry;
    yield { entryType: 'MCP', name, ...versionInfo(entry), sourceName, position };
  }
}

function versionInfo(entry: ListedEntryRow): SourceEntryInfo['versions'][number] {
  const { version, title, description, publishedAt, updatedAt } = entry;
  return { version, ...(title !== null && { title }), description, createdAt: publishedAt, updatedAt };
}

async function sendEntries(response: Response, entries: AsyncIterable<object>): Promise<void> {
  async function* text(): AsyncGenerator<string, void, void> {
    let separator = '{"entries":[';
    for await (const entry of entries) {
      yield `${separator}${JSON.stringify(entry)}`;
      separator = ',';
    }
    yield separator === ',' ? ']}' : '{"entries":[]}';
  }
  response.type('application/json');
  await pipeline(Readable.from(inChunks(text())), response);
}
