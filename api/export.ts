/** A whole registry as one file, streamed: for clients that take a registry from a static URL. */
import { type RequestHandler, Router } from 'express';
import { streamEntries } from '../db/entries.ts';
import type { RegistryRow } from '../db/registries.ts';
import { type ApiContext, servedRegistry } from './context.ts';
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
    const registry = await servedRegistry(context, request);
    await context.pages.stream(request, response, {
      registry,
      key: ['registry.json'],
      pieces: () => toolhiveDocument(context.database, registry),
    });
  };
}

/** All versions as one page of the registry API. */
function exportUpstream(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const registry = await servedRegistry(context, request);
    await context.pages.stream(request, response, {
      registry,
      key: ['servers.json'],
      pieces: () => upstreamPage(context, registry),
    });
  };
}

async function* upstreamPage({ database }: ApiContext, registry: RegistryRow): AsyncIterable<string> {
  let count = 0;
  yield '{"servers":[';
  for await (const entry of streamEntries(database, { registryId: registry.id, includeDeleted: false })) {
    yield `${count === 0 ? '' : ','}\n${itemJson(entry)}`;
    count += 1;
  }
  yield `\n],"metadata":${JSON.stringify({ count })}}\n`;
}
