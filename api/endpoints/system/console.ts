/** Serves the built console below `/console`, and sends browsers that ask for `/` there. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { extname } from 'node:path';
import compression from 'compression';
import express, { type RequestHandler } from 'express';
import { HttpError } from '../../http/error.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoint.ts';

const BUILT = new URL('../../../console/dist/', import.meta.url);
const ASSETS_MAX_AGE = '1y';

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>The console isn't built</title></head>
<body>
<h1>The console isn't built</h1>
<p>Run <code>npm run build:console</code> in the folder of Rollcall, then reload this page. <code>npm start</code> does it by itself.</p>
<p>The API works without the console: <a href="/docs">its description</a>.</p>
</body>
</html>
`;

export const consoleApi: readonly EndpointGroup[] = [
  {
    bases: [{ path: '' }],
    endpoints: [
      endpoint({
        method: 'get',
        path: '/',
        access: 'open',
        summary: 'Send browsers to the console',
        handle: ({ request, response }) => {
          if (request.accepts(['json', 'html']) === 'html') return redirectToConsole(response);
          throw new HttpError(404, 'There is nothing at /: see /docs for the available endpoints');
        },
      }),
    ],
  },
  {
    bases: [{ path: '/console' }],
    before: [compression()],
    endpoints: [
      endpoint({
        method: 'get',
        path: '/',
        access: 'open',
        summary: 'Show the console',
        handle: async (call) => {
          const hasSlash = /\/(?:\?|$)/.test(call.request.originalUrl);
          if (hasSlash) await sendPage(call);
          else redirectToConsole(call.response);
        },
      }),
      endpoint({
        method: 'get',
        path: '/*path',
        access: 'open',
        summary: 'Send a file of the console, or its page',
        handle: async (call) => {
          if (call.request.path.startsWith('/console/assets/')) return await sendAsset(call);
          await sendFile(call, files);
          if (!call.response.headersSent) await sendPage(call);
        },
      }),
    ],
  },
];

/** Relative, because a reverse proxy may have removed the beginning of the path. */
function redirectToConsole(response: express.Response): void {
  response.status(302).set({ Location: 'console/', Vary: 'Accept', 'Cache-Control': 'no-store' }).end();
}

const FOLDER = fileURLToPath(BUILT);
const files = express.static(FOLDER, { index: false, redirect: false });

/** Files with a digest of their content in their names, which never change. */
const ASSETS = { index: false, redirect: false, immutable: true, maxAge: ASSETS_MAX_AGE };
const assets = express.static(FOLDER, ASSETS);
const compressedAssets = express.static(FOLDER, {
  ...ASSETS,
  setHeaders: (response, path) => response.set('Content-Encoding', 'gzip').type(extname(path.replace(/\.gz$/, ''))),
});

/** The build compresses assets. */
async function sendAsset(call: Call): Promise<void> {
  const { request, response } = call;
  response.vary('Accept-Encoding');
  const isCompressed = request.acceptsEncodings('gzip') !== false;
  if (isCompressed) request.url = request.url.replace(/(?=\?|$)/, '.gz');
  await sendFile(call, isCompressed ? compressedAssets : assets);
  if (!response.headersSent) throw new HttpError(404, 'The console has no such file: reload its page');
}

/** Sends nothing if the file doesn't exist. */
function sendFile({ request, response }: Call, handler: RequestHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once('close', resolve);
    // The handler looks for the path below its folder.
    request.url = request.url.slice('/console'.length);
    handler(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

/** The single page of the console, whatever the path: it selects the view itself. */
async function sendPage({ request, response }: Call): Promise<void> {
  const page = await readFile(new URL('index.html', BUILT), 'utf8').catch(() => undefined);
  response.type('html').set('Cache-Control', 'no-store');
  if (page === undefined) {
    response.status(503).send(NOT_BUILT);
    return;
  }
  const nonce = randomBytes(16).toString('base64');
  response
    .set('Content-Security-Policy', contentSecurityPolicy(nonce))
    .send(
      page
        .replace('<head>', `<head>\n    <base href="${consoleFolder(request.originalUrl)}" />`)
        .replace('name="style-nonce" content=""', `name="style-nonce" content="${nonce}"`),
    );
}

/** The folder of the console, relative to a URL in it, so that a path prefix of a reverse proxy doesn't have to be known. */
function consoleFolder(url: string): string {
  const depth = url.replace(/\?.*$/s, '').split('/').length - '/console/'.split('/').length;
  return depth === 0 ? './' : '../'.repeat(depth);
}

/** The nonce is for the style elements that the component library adds at run time. */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
