/** Streams a consistent state of a whole registry as one file, for clients that read a static URL. */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Transaction } from '../../db/connection/database.ts';
import { readConsistently } from '../../db/connection/consistent-read.ts';
import { streamEntries } from '../../db/entries/entries.ts';
import { readLastChange } from '../../db/configuration/registries.ts';
import { listEnvelopes } from '../../db/configuration/sources.ts';
import type { JsonObject } from '../../registry/json.ts';
import { type RegistryExport, toolhiveDocument, upstreamDocument } from '../../registry/registry-document.ts';
import { entriesOf, type RegistryView } from '../access/visibility.ts';
import { type ApiContext, servedView } from '../context.ts';
import { addRoute } from '../http/routes.ts';
import { listPieces } from '../v0.1/item-json.ts';

/** Mounted below `/registry/{registry}`. */
export function registryExports(context: ApiContext): Router {
  const router = Router({ mergeParams: true });
  addRoute(router, '/registry.json', { get: exportToolhive(context) });
  addRoute(router, '/upstream-registry.json', { get: exportUpstream(context) });
  addRoute(router, '/servers.json', { get: exportPage(context) });
  return router;
}

/** Exports the latest version of each server as a registry document in ToolHive format. */
export function exportToolhive(context: ApiContext): RequestHandler {
  return exporter(context, 'registry.json', (transaction, view) => inDocument(toolhiveDocument, transaction, view));
}

/** Exports the latest version of each server in upstream format. */
function exportUpstream(context: ApiContext): RequestHandler {
  return exporter(context, 'upstream-registry.json', (transaction, view) =>
    inDocument(upstreamDocument, transaction, view),
  );
}

/** Exports all versions as one page of the registry API. */
function exportPage(context: ApiContext): RequestHandler {
  return exporter(context, 'servers.json', (transaction, view) =>
    listPieces(streamEntries(transaction, { ...entriesOf(view), includeDeleted: false })),
  );
}

type Export = (transaction: Transaction, view: RegistryView) => AsyncIterable<string>;

function exporter(context: ApiContext, file: string, pieces: Export): RequestHandler {
  return async (request: Request, response: Response) => {
    const view = await servedView(context, request);
    await context.pages.stream(request, response, {
      view,
      key: [file],
      pieces: (reader) => readConsistently(context.database, reader, (transaction) => pieces(transaction, view)),
    });
  };
}

async function* inDocument(
  write: (registry: RegistryExport) => AsyncIterable<string>,
  transaction: Transaction,
  view: RegistryView,
): AsyncIterable<string> {
  const envelopes = await listEnvelopes(transaction, entriesOf(view));
  yield* write({
    readEntries: () => streamEntries(transaction, { ...entriesOf(view), includeDeleted: false }),
    envelopes: envelopes.map((envelope) => JSON.parse(envelope) as JsonObject),
    lastUpdated: await readLastChange(transaction, view.registry, view.visibility),
  });
}
