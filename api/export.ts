/** A whole registry as one file, streamed, as it is at one moment: for clients that take one from a static URL. */
import { type RequestHandler, Router } from 'express';
import { readConsistently } from '../db/consistent-read.ts';
import type { Transaction } from '../db/connection.ts';
import { streamEntries } from '../db/entries.ts';
import { entriesOf, type RegistryView } from './access/visibility.ts';
import { type ApiContext, servedView } from './context.ts';
import { itemJson } from './item-json.ts';
import { addRoute } from './routes.ts';
import { toolhiveDocument } from './toolhive-document.ts';

/** Mounted below `/registry/{registry}`. */
export function registryExports(context: ApiContext): Router {
  const router = Router({ mergeParams: true });
  addRoute(router, '/registry.json', { get: exportToolhive(context) });
  addRoute(router, '/servers.json', { get: exportUpstream(context) });
  return router;
}

/** The latest version of each server as a ToolHive registry document. */
export function exportToolhive(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const view = await servedView(context, request);
    await context.pages.stream(request, response, {
      view,
      key: ['registry.json'],
      pieces: () => readConsistently(context.database, (transaction) => toolhiveDocument(transaction, view)),
    });
  };
}

/** All versions as one page of the registry API. */
function exportUpstream(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const view = await servedView(context, request);
    await context.pages.stream(request, response, {
      view,
      key: ['servers.json'],
      pieces: () => readConsistently(context.database, (transaction) => upstreamPage(transaction, view)),
    });
  };
}

async function* upstreamPage(transaction: Transaction, view: RegistryView): AsyncIterable<string> {
  let count = 0;
  yield '{"servers":[';
  for await (const entry of streamEntries(transaction, { ...entriesOf(view), includeDeleted: false })) {
    yield `${count === 0 ? '' : ','}\n${itemJson(entry)}`;
    count += 1;
  }
  yield `\n],"metadata":${JSON.stringify({ count })}}\n`;
}
