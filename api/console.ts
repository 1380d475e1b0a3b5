/** Serves the built console below `/console`, and sends browsers that ask for `/` there. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import { addRoute } from './http/routes.ts';

const BUILT = new URL('../console/dist/', import.meta.url);
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

/** Takes only reads. What it doesn't have is left to the next handler. */
export function consoleRoutes(): Router {
  const router = Router({ strict: true });
  router.get('/', (request, response, next) => {
    if (request.accepts(['json', 'html']) !== 'html') return next();
    redirect(response, 'console/');
  });
  router.get('/console', (_request, response) => redirect(response, 'console/'));
  router.use('/console/assets', filesIn('assets/', { immutable: true, maxAge: ASSETS_MAX_AGE, fallthrough: false }));
  router.use('/console', filesIn('', { index: false }));
  addRoute(router, '/console/*path', { get: sendPage });
  addRoute(router, '/console/', { get: sendPage });
  return router;
}

/** Relative, because a reverse proxy may have removed the beginning of the path. */
function redirect(response: express.Response, location: string): void {
  response.status(302).set({ Location: location, Vary: 'Accept', 'Cache-Control': 'no-store' }).end();
}

function filesIn(folder: string, options: Parameters<typeof express.static>[1]): RequestHandler {
  return express.static(fileURLToPath(new URL(folder, BUILT)), { redirect: false, ...options });
}

/** The one page of the console, whatever the path: it finds out itself which view is meant. */
const sendPage: RequestHandler = async (request, response) => {
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
};

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
