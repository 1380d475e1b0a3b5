/** Streams a consistent state of a whole registry as one file, for clients that read a static URL. */
import type { Transaction } from '../../../db/connection/database.ts';
import { readConsistently } from '../../../db/connection/consistent-read.ts';
import { streamEntries } from '../../../db/entries/entries.ts';
import { readLastChange } from '../../../db/configuration/registries.ts';
import { listEnvelopes } from '../../../db/configuration/sources.ts';
import type { JsonObject } from '../../../registry/json.ts';
import { type RegistryExport, toolhiveDocument, upstreamDocument } from '../../../registry/document/writer.ts';
import { entriesOf, type RegistryView } from '../../access/visibility.ts';
import { servedView } from '../../context.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import { listPieces } from '../v0.1/item-json.ts';
import { serverList } from '../v0.1/response-schemas.ts';
import { toolhiveRegistry, upstreamRegistry } from './legacy-schemas.ts';

const { registry } = pathParameters;

export const registryExports: EndpointGroup = {
  bases: [{ path: '/registry/:registry', tag: 'Exports', parameters: { registry } }],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/registry.json',
      access: 'registry',
      operationId: 'exportToolhive',
      summary: 'Export the latest versions in ToolHive format',
      answers: { 200: { description: 'A ToolHive registry document.', schema: toolhiveRegistry } },
      errors: [404],
      handle: sendToolhiveRegistry,
    }),
    endpoint({
      method: 'get',
      path: '/upstream-registry.json',
      access: 'registry',
      operationId: 'exportUpstream',
      summary: 'Export the latest versions in the current ToolHive format (upstream)',
      answers: { 200: { description: 'A registry document in upstream format.', schema: upstreamRegistry } },
      errors: [404],
      handle: (call) =>
        send(call, 'upstream-registry.json', (transaction, view) => inDocument(upstreamDocument, transaction, view)),
    }),
    endpoint({
      method: 'get',
      path: '/servers.json',
      access: 'registry',
      operationId: 'exportPage',
      summary: 'Export all versions in the format of the registry API',
      answers: { 200: { description: 'The list of all servers on one page.', schema: serverList } },
      errors: [404],
      handle: (call) =>
        send(call, 'servers.json', (transaction, view) =>
          listPieces(streamEntries(transaction, { ...entriesOf(view), includeDeleted: false })),
        ),
    }),
  ],
};

/** Sends the latest version of each server as a registry document in ToolHive format. */
export async function sendToolhiveRegistry(call: Call): Promise<void> {
  await send(call, 'registry.json', (transaction, view) => inDocument(toolhiveDocument, transaction, view));
}

type Export = (transaction: Transaction, view: RegistryView) => AsyncIterable<string>;

async function send({ context, request, response }: Call, file: string, pieces: Export): Promise<void> {
  const view = await servedView(context, request);
  await context.pages.stream(request, response, {
    view,
    key: [file],
    pieces: (reader) => readConsistently(context.database, reader, (transaction) => pieces(transaction, view)),
  });
}

async function* inDocument(
  write: (registry: RegistryExport) => AsyncIterable<string>,
  transaction: Transaction,
  view: RegistryView,
): AsyncIterable<string> {
  const envelopes = await listEnvelopes(transaction, entriesOf(view));
  yield* write({
    readEntries: (kind) => streamEntries(transaction, { ...entriesOf(view, kind), includeDeleted: false }),
    envelopes: envelopes.map((envelope) => JSON.parse(envelope) as JsonObject),
    lastUpdated: await readLastChange(transaction, view.registry, view.visibility),
  });
}
