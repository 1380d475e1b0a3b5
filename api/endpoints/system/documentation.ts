/** The description of the API: `/openapi.yaml`, `/openapi.json`, and `/docs`. */
import compression from 'compression';
import { stringify } from 'yaml';
import { type DocsPage, docsPage } from '../../openapi/docs-page.ts';
import { type OpenApiDocument, openApiDocument } from '../../openapi/document.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoint.ts';

/** One hour. The description only changes with the software. */
const CACHE_CONTROL = 'public, max-age=3600';

interface Description {
  readonly document: OpenApiDocument;
  readonly page: DocsPage;
}

/** Endpoints that describe these groups. */
export function documentationOf(groups: readonly EndpointGroup[]): EndpointGroup {
  const descriptions = new Map<boolean, Description>();
  const describe = ({ context }: Call): Description => {
    const needsTokens = context.access.settings.mode === 'oauth';
    const known = descriptions.get(needsTokens);
    if (known !== undefined) return known;
    const document = openApiDocument(groups, { needsTokens });
    const description = { document, page: docsPage(document) };
    descriptions.set(needsTokens, description);
    return description;
  };
  return {
    bases: [{ path: '' }],
    before: [compression()],
    endpoints: [
      endpoint({
        method: 'get',
        path: '/openapi.json',
        access: 'open',
        summary: 'Read this description as JSON',
        handle: (call) => {
          const json = JSON.stringify(describe(call).document);
          call.response.set('Cache-Control', CACHE_CONTROL).type('application/json').send(json);
        },
      }),
      endpoint({
        method: 'get',
        path: '/openapi.yaml',
        access: 'open',
        summary: 'Read this description as YAML',
        handle: (call) => {
          const yaml = stringify(describe(call).document, { aliasDuplicateObjects: false });
          call.response.set('Cache-Control', CACHE_CONTROL).type('application/yaml').send(yaml);
        },
      }),
      endpoint({
        method: 'get',
        path: '/docs',
        access: 'open',
        summary: 'Read this description as a web page',
        handle: (call) => {
          const { html, contentSecurityPolicy } = describe(call).page;
          call.response
            .set({ 'Cache-Control': CACHE_CONTROL, 'Content-Security-Policy': contentSecurityPolicy })
            .type('html')
            .send(html);
        },
      }),
    ],
  };
}
