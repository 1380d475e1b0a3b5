/** `/v1/sources/{name}/entries` and `/v1/registries/{name}/entries`: everything in one answer, written as it is read. */
import type { Request, Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listRegistryEntries, listSourceEntries } from '../../admin/entries/reads.ts';
import { ask, operationContext } from '../../admin/operation.ts';
import type { EntryPage } from '../../admin/outputs.ts';
import { inChunks } from '../../cache/pages.ts';
import { whileConnected } from '../../http/reader.ts';
import type { Call } from '../endpoint.ts';
import { namesInPath } from './request-body.ts';
import { ENTRY_TYPES, type RegistryEntryInfo, type SourceEntryInfo } from './response-schemas.ts';

const PAGE = 1000;

export async function sendSourceEntries({ context, request, response }: Call): Promise<void> {
  const operation = operationContext(context, request);
  const { name } = namesInPath(request);
  const read: ReadPage = (after) => ask(operation, listSourceEntries, { name, limit: PAGE, after });
  await sendEntries(request, response, byName(await allEntries(read)));
}

export async function sendRegistryEntries({ context, request, response }: Call): Promise<void> {
  const operation = operationContext(context, request);
  const { name } = namesInPath(request);
  const read: ReadPage = (after) => ask(operation, listRegistryEntries, { name, limit: PAGE, after });
  await sendEntries(request, response, onePerEntry(await allEntries(read)));
}

type ReadPage = (after: EntryPage['next'] | undefined) => Promise<EntryPage>;

type ListedEntry = EntryPage['entries'][number];

/** Fails before anything is sent if the first page can't be read. */
async function allEntries(read: ReadPage): Promise<AsyncIterable<ListedEntry>> {
  const first = await read(undefined);
  async function* following(): AsyncGenerator<ListedEntry, void, void> {
    for (let page = first; ; page = await read(page.next)) {
      yield* page.entries;
      if (page.next === null) return;
    }
  }
  return following();
}

/** Groups entries by name, in chunks smaller than a server, which can have any number of versions. */
async function* byName(entries: AsyncIterable<ListedEntry>): AsyncGenerator<string, void, void> {
  let current: string | undefined;
  for await (const entry of entries) {
    const { entryKind, name, claims } = entry;
    const key = `${entryKind} ${name}`;
    const version = JSON.stringify(versionInfo(entry));
    if (key === current) {
      yield `,${version}`;
      continue;
    }
    const server: Omit<SourceEntryInfo, 'versions'> = {
      entryType: ENTRY_TYPES[entryKind],
      name,
      ...(claims !== null && { claims }),
    };
    yield `${current === undefined ? '' : ']},'}${JSON.stringify(server).slice(0, -1)},"versions":[${version}`;
    current = key;
  }
  if (current !== undefined) yield ']}';
}

async function* onePerEntry(entries: AsyncIterable<ListedEntry>): AsyncGenerator<string, void, void> {
  let separator = '';
  for await (const entry of entries) {
    const { entryKind, name, sourceName, position } = entry;
    const info: RegistryEntryInfo = {
      entryType: ENTRY_TYPES[entryKind],
      name,
      ...versionInfo(entry),
      sourceName,
      position,
    };
    yield `${separator}${JSON.stringify(info)}`;
    separator = ',';
  }
}

function versionInfo(entry: ListedEntry): SourceEntryInfo['versions'][number] {
  const { version, title, description, publishedAt, updatedAt } = entry;
  return { version, ...(title !== null && { title }), description, createdAt: publishedAt, updatedAt };
}

async function sendEntries(request: Request, response: Response, entries: AsyncIterable<string>): Promise<void> {
  async function* text(): AsyncGenerator<string, void, void> {
    yield '{"entries":[';
    yield* entries;
    yield ']}';
  }
  response.set('Cache-Control', 'no-store').type('application/json');
  await whileConnected(request, response, () => pipeline(Readable.from(inChunks(text())), response));
}
