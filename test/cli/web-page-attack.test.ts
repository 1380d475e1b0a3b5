/**
 * A web page in a real browser attacks a `serve` with embedded services, at every address where one of its processes listens: by
 * requests that need no permission, and with DNS rebinding, as if it came from there.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LOOPBACK } from '../../embedded/free-port.ts';
import { findChromium, startChromium } from '../browser.ts';
import { type ListeningAddress, listeningAddresses } from './listening-addresses.ts';
import { createInstallation, type Installation, type ServeProcess, startServe } from './serve-process.ts';

const chromiumPath = await findChromium();
const missing = [
  ...(process.platform === 'linux' ? [] : ['Linux, to list where processes listen']),
  ...(chromiumPath === undefined ? ['Chromium'] : []),
];

/** In the page, where the functions given to `evaluate` run. */
declare const document: { readonly cookie: string };

const SERVERS_OF_THE_EXAMPLE = 19;
const ATTACKER = 'attacker.example';
/** The request of the page. Temporal's Web UI and its HTTP API have the same paths. */
const START = '/api/v1/namespaces/default/workflows/started-by-a-page';
const TERMINATE = '/api/v1/namespaces/default/workflows/source%2Fteam-tools/terminate';
const FORGED_SYNC = JSON.stringify({
  workflowType: { name: 'sync' },
  taskQueue: { name: 'rollcall' },
  input: [
    {
      number: 1000,
      trigger: 'request',
      force: true,
      full: true,
      definition: {
        name: 'team-tools',
        format: 'upstream',
        origin: { kind: 'file', location: { data: JSON.stringify([forgedServer()]) } },
        syncPolicy: { intervalMs: 60_000, deadlineMs: 60_000 },
      },
    },
  ],
});

let installation: Installation;
let serve: ServeProcess;
let addresses: ListeningAddress[];
let browser: Browser;
let site: Server;
let before: string[];

describe.skipIf(missing.length > 0)(`a web page${needs(missing)}`, () => {
  beforeAll(async () => {
    installation = await createInstallation('');
    serve = await startServe(installation);
    addresses = await listeningAddresses(serve.process.pid ?? 0);
    browser = await startChromium(chromiumPath ?? '', {
      [ATTACKER]: LOOPBACK,
      ...Object.fromEntries(addresses.map((address) => [reboundName(address), address.host])),
    });
    site = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<p>Hello'));
    await new Promise<void>((resolve) => site.listen(0, LOOPBACK, resolve));
    before = await vi.waitFor(allNames, { timeout: 90_000, interval: 200 });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    site?.close();
    serve?.process.kill('SIGINT');
    await serve?.exited;
    await installation?.remove();
  }, 60_000);

  test('finds the services to attack', () => {
    const ports = addresses.map(({ port }) => port);
    const [api, internal, temporal, ui] = installation.portOptions.map((option) => Number(/\d+$/.exec(option)?.[0]));
    expect(ports).toEqual(expect.arrayContaining([api, internal, temporal, ui]));
    // And PostgreSQL; Temporal's own Web UI, HTTP API, metrics, and internal services.
    expect(ports.length).toBeGreaterThanOrEqual(9);
  });

  test.each([LOOPBACK, ATTACKER])(
    'of %s starts and ends no workflow with simple requests',
    async (host) => {
      const page = await open(`http://${host}:${(site.address() as AddressInfo).port}/`);
      for (const address of addresses) await sendWithoutPermission(page, `http://${address.host}:${address.port}`);
      await page.close();
      await expectNothingHappened();
    },
    120_000,
  );

  test('starts and ends no workflow, and reads nothing of Temporal, after DNS rebinding', async () => {
    const read: Record<string, string> = {};
    for (const address of addresses) {
      const origin = `http://${reboundName(address)}:${address.port}`;
      let page = await open(`${origin}/`);
      if (new URL(page.url()).origin === origin) {
        Object.assign(read, await useAsOwn(page, origin));
      } else {
        // Nothing is shown for this address: no page has its origin, so the attacker has to use another one.
        await page.close();
        page = await open(siteAt(ATTACKER));
        await sendWithoutPermission(page, origin);
      }
      await page.close();
    }
    expect(Object.keys(read).length).toBeGreaterThan(0);
    expect(Object.entries(read).filter(([, text]) => /source\/team-tools|_csrf/.test(text))).toEqual([]);
    await expectNothingHappened();
  }, 240_000);

  test('of the Web UI itself works', async () => {
    const ui = /--ui-port=(\d+)/.exec(installation.portOptions.join(' '))?.[1];
    const page = await open(`http://localhost:${ui}/namespaces/default/workflows`);
    await expect.poll(() => page.innerText('body'), { timeout: 40_000 }).toContain('source/team-tools');
    const answered = await page.evaluate(async (path) => {
      const csrf = /_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? '';
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
      return (await fetch(path, { method: 'POST', headers, body: '{"signalName":"sync"}' })).status;
    }, '/api/v1/namespaces/default/workflows/source%2Fteam-tools/signal/sync');
    expect(answered).toBe(200);
    await page.close();
  }, 60_000);
});

function needs(what: readonly string[]): string {
  return what.length === 0 ? '' : ` (skipped: needs ${what.join(' and ')})`;
}

/** The attacker's site. */
function siteAt(host: string): string {
  return `http://${host}:${(site.address() as AddressInfo).port}/`;
}

/** If a page can't be loaded, the browser shows its own page, which says why. */
async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url, { timeout: 10_000 }).catch(() => undefined);
  return page;
}

/**
 * Sends a request that any page can send to any address. The page can't see the answer, but the request could still
 * have an effect.
 */
async function sendWithoutPermission(page: Page, origin: string): Promise<void> {
  await page.evaluate(
    async ({ requests }) => {
      const headers = { 'Content-Type': 'text/plain' };
      for (const [url, body] of requests) {
        const signal = AbortSignal.timeout(5_000);
        await fetch(url, { method: 'POST', mode: 'no-cors', headers, body, signal }).catch(() => undefined);
      }
    },
    { requests: [[`${origin}${START}`, FORGED_SYNC] as const, [`${origin}${TERMINATE}`, '{}'] as const] },
  );
}

/** Sends and reads requests as a page that the browser treats as one of the attacked server's own. */
async function useAsOwn(page: Page, origin: string): Promise<Record<string, string>> {
  return await page.evaluate(
    async ({ start, terminate, forged, name }) => {
      const csrf = /_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? '';
      const tries: [string, RequestInit][] = [
        ['/api/v1/namespaces/default/workflows', {}],
        [start, { method: 'POST', body: forged }],
        [terminate, { method: 'POST', body: '{}' }],
      ];
      const read: Record<string, string> = { [`${name} cookie`]: document.cookie };
      for (const [path, init] of tries) {
        for (const headers of [{ 'X-CSRF-Token': csrf }, { Authorization: 'Bearer x' }, {}]) {
          const request = { ...init, headers: { 'Content-Type': 'application/json', ...headers } };
          const answer = fetch(path, { ...request, signal: AbortSignal.timeout(5_000) });
          read[`${name} ${path} ${Object.keys(headers).join()}`] = await answer.then(
            (response) => response.text(),
            () => '',
          );
        }
      }
      return read;
    },
    { start: START, terminate: TERMINATE, forged: FORGED_SYNC, name: origin },
  );
}

async function expectNothingHappened(): Promise<void> {
  const connection = await Connection.connect({
    address: `${LOOPBACK}:${/--temporal-port=(\d+)/.exec(installation.portOptions.join(' '))?.[1]}`,
  });
  try {
    const { workflow } = new Client({ connection });
    const actor = await workflow.getHandle('source/team-tools').describe();
    expect(actor.status.name).toBe('RUNNING');
    await expect(workflow.getHandle('started-by-a-page').describe()).rejects.toThrow(/not found/i);
  } finally {
    await connection.close();
  }
  expect(await servedNames()).toEqual(before);
}

async function allNames(): Promise<string[]> {
  const names = await servedNames();
  if (names.length < SERVERS_OF_THE_EXAMPLE) throw new Error(`serve shows ${names.length} servers of the example`);
  return names;
}

async function servedNames(): Promise<string[]> {
  const response = await fetch(`${installation.url}/v0.1/servers?version=latest&limit=100`);
  const { servers } = (await response.json()) as { servers: { server: { name: string } }[] };
  return servers.map(({ server }) => server.name).toSorted();
}

/** A separate name for each address: the browser keeps cookies per host, and maps names to addresses, not ports. */
function reboundName({ host, port }: ListeningAddress): string {
  return `rebound-${host.replaceAll('.', '-')}-${port}.example`;
}

function forgedServer(): unknown {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'com.example.attacker/forged',
    description: 'Served in the name of another source',
    version: '1.0.0',
  };
}
