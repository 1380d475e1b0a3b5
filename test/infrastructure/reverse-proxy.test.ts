/** Rollcall below a path of an HTTPS host: nginx with the configuration of docs/install.md. */
import { readFile } from 'node:fs/promises';
import { Agent, fetch, type Response } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../embedded/free-port.ts';
import { createRegistries, oauth } from '../api/access/protected-api.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { Visitor } from '../api/sign-in/visitor.ts';
import { findChromium, startChromium } from '../browser.ts';
import { builtConsole, type TestDatabase } from '../environment.ts';
import { CLIENT, CONSOLE_CLIENT_ID, type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { createLoopbackCertificate } from '../certificate-authority.ts';
import { createInstallation, type Installation } from './installation.ts';
import { nginx, type Nginx, startNginx } from './nginx.ts';
import { whySkipped } from './programs.ts';

const PREFIX = '/tools/registry';
const manual = await readFile(new URL('../../docs/install.md', import.meta.url), 'utf8');
const [, location = ''] = /```nginx\n(.*?)```/s.exec(manual) ?? [];
const chromium = await findChromium();

describe.skipIf('missing' in nginx)(
  `behind nginx with TLS and a path prefix${whySkipped(nginx)}`,
  { timeout: 60_000 },
  () => {
    let installation: Installation;
    let provider: IdentityProvider;
    let registries: TestDatabase;
    let api: RunningApi;
    let proxy: Nginx;
    /** The address of Rollcall in the browser's address bar. */
    let base: string;
    let agent: Agent;
    /** The authorities of the proxy and of the identity provider. */
    let caFile: string;

    beforeAll(async () => {
      const [port, apiPort] = [await findFreePort(), await findFreePort()];
      base = `https://127.0.0.1:${port}${PREFIX}`;
      installation = await createInstallation();
      [provider, registries] = await Promise.all([
        startIdentityProvider({ consoleOf: base }),
        createRegistries(),
        builtConsole(),
      ]);
      provider.addPerson('ada', { name: 'Ada Lovelace', role: 'admin' });
      const secretFile = await installation.put('client-secret', CLIENT.secret);
      api = await startApi(registries, {
        port: apiPort,
        trustedProxies: ['127.0.0.1'],
        auth: oauth(provider, {
          resourceUrl: base,
          providers: [
            provider.settings({ console: { clientId: CONSOLE_CLIENT_ID, clientSecret: { file: secretFile } } }),
          ],
          authz: {
            roles: { superAdmin: [{ role: 'admin' }], manageSources: [], manageRegistries: [], manageEntries: [] },
          },
        }),
      });
      const { authority, certificate, privateKey } = await createLoopbackCertificate();
      caFile = await installation.put('authorities.pem', `${authority}\n${await readFile(provider.caFile, 'utf8')}`);
      agent = new Agent({ connect: { ca: authority } });
      proxy = await startNginx(
        `server {
        listen 127.0.0.1:${port} ssl http2;
        ssl_certificate ${await installation.put('server.pem', certificate)};
        ssl_certificate_key ${await installation.put('server-key.pem', privateKey)};
        ${location.replace('127.0.0.1:8080', `127.0.0.1:${apiPort}`)}
      }`,
        [port],
      );
    });
    afterAll(async () => {
      await proxy?.stop();
      await api?.stop();
      await agent?.close();
      await provider?.stop();
      await registries?.drop();
      await installation?.remove();
    });

    const get = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(url, { headers, redirect: 'manual', dispatcher: agent });

    test('the API answers with a token, and names its metadata below the path without one', async () => {
      const token = await provider.token({ role: 'admin' });
      const page = await get(`${base}/v0.1/servers`, { authorization: `Bearer ${token}` });
      expect(await page.json()).toMatchObject({ servers: [{ server: { name: 'com.example/main' } }] });

      const refused = await get(`${base}/v0.1/servers`);
      expect(refused.status).toBe(401);
      const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
      expect(metadata).toMatch(new RegExp(`^${base}/`));
      const answer = await get(metadata);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ resource: expect.stringContaining(base) as string });
    });

    test('browsers find the console, with all its files', async () => {
      const home = await get(`${base}/`, { accept: 'text/html' });
      const consoleUrl = new URL(home.headers.get('location') ?? '', `${base}/`).href;
      expect(consoleUrl).toBe(`${base}/console/`);
      for (const page of [consoleUrl, `${base}/console/sources/main`]) {
        const html = await (await get(page)).text();
        const root = new URL(/<base href="([^"]+)"/.exec(html)?.[1] ?? '', page);
        const files = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css|svg))"/g)].map(
          ([, file = '']) => new URL(file, root).href,
        );
        expect(files.length).toBeGreaterThan(1);
        for (const file of files) expect({ file, status: (await get(file)).status }).toEqual({ file, status: 200 });
      }
    });

    test('signing in leads through the identity provider back to the page', async () => {
      const visitor = await Visitor.trusting(caFile);
      const page = `${base}/console/sources?phase=failing`;
      const login = `${base}/auth/login?return=${encodeURIComponent(new URL(page).pathname + new URL(page).search)}`;
      const asked = await visitor.visit(login, `${base}/console/`);
      expect(asked.body).toContain('Who are you?');
      const { url } = await visitor.visit(`${asked.url.href}?sub=ada`, `${base}/console/`);
      expect(url.href).toBe(page);
      const session = await visitor.asPage(`${base}/trpc/session`);
      expect(await session.json()).toMatchObject({ result: { data: { displayName: 'Ada Lovelace' } } });
      for (const { path } of Object.values(visitor.cookiesOf(new URL(base).origin))) {
        expect(path).toMatch(new RegExp(`^${PREFIX}(/|$)`));
      }
    });

    test.skipIf(chromium === undefined)('a browser shows the console and who has signed in', async () => {
      const browser = await startChromium(chromium ?? '', {}, { trustsEveryCertificate: true });
      try {
        const tab = await browser.newPage();
        const failed: string[] = [];
        tab.on('response', (response) => {
          const isUnexpected = response.status() >= 400 && response.status() !== 401; // before signing in
          if (isUnexpected) failed.push(`${response.status()} ${response.url()}`);
        });
        await tab.goto(`${base}/console/registries`);
        await tab.getByRole('link', { name: 'Sign in' }).first().click();
        await tab.getByRole('link', { name: 'ada', exact: true }).click();
        await tab.getByRole('button', { name: 'Account of Ada Lovelace' }).waitFor();
        expect(tab.url()).toBe(`${base}/console/registries`);
        await tab.getByRole('heading', { name: 'default' }).waitFor();
        expect(failed).toEqual([]);
      } finally {
        await browser.close();
      }
    });
  },
);
