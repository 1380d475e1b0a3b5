/** Serves the API description: `/openapi.yaml`, `/openapi.json`, and `/docs`. */
import { Router } from 'express';
import { stringify } from 'yaml';
import type { ApiContext } from '../context.ts';
import { addRoute } from '../http/routes.ts';
import { docsPage } from './docs-page.ts';
import { openApiDocument } from './document.ts';

/** One hour. The description only changes with the software. */
const CACHE_CONTROL = 'public, max-age=3600';

export function openApiRoutes({ access }: Pick<ApiContext, 'access'>): Router {
  const router = Router();
  const document = openApiDocument({ needsTokens: access.settings.mode === 'oauth' });
  const json = JSON.stringify(document);
  const yaml = stringify(document, { aliasDuplicateObjects: false });
  const { html, contentSecurityPolicy } = docsPage(document);
  addRoute(router, '/openapi.json', {
    get: (_request, response) => {
      response.set('Cache-Control', CACHE_CONTROL).type('application/json').send(json);
    },
  });
  addRoute(router, '/openapi.yaml', {
    get: (_request, response) => {
      response.set('Cache-Control', CACHE_CONTROL).type('application/yaml').send(yaml);
    },
  });
  addRoute(router, '/docs', {
    get: (_request, response) => {
      response
        .set({ 'Cache-Control': CACHE_CONTROL, 'Content-Security-Policy': contentSecurityPolicy })
        .type('html')
        .send(html);
    },
  });
  return router;
}
