/** Finding, comparing, and installing servers with a real browser. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../db/connection/database.ts';
import { listDueEntries, storeReadings } from '../../db/contents/package-readings.ts';
import { closeFailedSyncRun, openSyncRun } from '../../db/syncs/sync-runs.ts';
import { type RunningApi, startApiOnFreshDatabase } from '../api/running-api.ts';
import { findChromium, startChromium } from '../browser.ts';
import { drafts, source, sync, useSources } from '../db/sync-source.ts';
import { builtConsole } from '../environment.ts';
import { HOSTILE, NOTES, OLD, PLUGIN, SKILLS, WEATHER } from './servers.ts';
import { expectAccessible, expectAccessibleInEveryLook, layoutShifts, type Visit, visit } from './visit.ts';

const MAX_SCRIPT_BYTES = 300_000;
const MANY = 2_000;
const ALL_SERVERS = '2,006 servers';

const chromiumPath = await findChromium();

/** Stores results of a worker after a sync, with faults of packages and signatures. */
async function readPackages(database: Database): Promise<void> {
  for (const entry of await listDueEntries(database, { sourceName: 'team', limit: 10 })) {
    await storeReadings(database, entry.sourceId, [
      {
        entry,
        named: Buffer.alloc(32),
        package: null,
        files: [],
        searchedText: undefined,
        fault: 'the skill has more than 512 files',
        verification: { result: 'failed', reason: 'it was signed by mallory' },
        failures: 0,
        againAfterMs: null,
      },
    ]);
  }
}

/** The state of a source whose second sync runs, after the first has failed with text of the upstream. */
async function failAndTryAgain(database: Database, sourceName: string): Promise<void> {
  const open = (number: number) =>
    openSyncRun(database, { sourceName, number, workflowId: `sync/${sourceName}/${number}`, trigger: 'timer' });
  const first = await open(1);
  const message = 'the upstream answered 503: \u202Egnp.exe';
  await closeFailedSyncRun(database, first?.id ?? '', { outcome: 'failed', type: 'UpstreamUnavailable', message });
  await open(2);
}

let api: RunningApi;
let browser: Browser;
let visits: Visit[] = [];

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(chromiumPath === undefined)(`the catalog${chromiumPath ? '' : ' (skipped: needs Chromium)'}`, () => {
  beforeAll(async () => {
    await builtConsole();
    api = await startApiOnFreshDatabase();
    await useSources(api.database, ...['team', 'vendor', 'many', 'evil', 'broken'].map((name) => source(name)));
    await failAndTryAgain(api.database, 'broken');
    await sync(api.database, { sourceName: 'team', entries: [...NOTES, OLD, ...SKILLS, PLUGIN] });
    await readPackages(api.database);
    await sync(api.database, { sourceName: 'vendor', entries: [WEATHER] });
    await sync(api.database, { sourceName: 'many', entries: drafts(MANY) });
    await sync(api.database, { sourceName: 'evil', entries: HOSTILE });
    browser = await startChromium(chromiumPath ?? '', {});
  }, 120_000);

  afterEach(async () => {
    await Promise.all(visits.map(({ end }) => end()));
    visits = [];
  });

  afterAll(async () => {
    await browser?.close();
    await api?.stop();
  });

  async function open(path: string): Promise<Visit> {
    const opened = await visit(browser, `${api.url}/console/${path}`);
    visits.push(opened);
    return opened;
  }

  test('is where a browser gets from the root, with little to load, no errors, and nothing that moves', async () => {
    const { page, faults, hosts, scriptBytes } = await visit(browser, `${api.url}/`);
    await page.getByText(ALL_SERVERS).waitFor();
    await page.waitForLoadState('networkidle');
    expect(page.url()).toBe(`${api.url}/console/catalog`);
    expect(await scriptBytes()).toBeGreaterThan(50_000);
    expect(await scriptBytes()).toBeLessThan(MAX_SCRIPT_BYTES);
    expect(await layoutShifts(page)).toBeLessThan(0.05);
    expect(faults).toEqual([]);
    expect([...hosts]).toEqual([new URL(api.url).host]);
  });

  test('sends scripts as the build compressed them, and others to clients that cannot read that', async () => {
    const page = await (await api.get('/console/catalog')).text();
    const path = `/console/${/src="\.\/(assets\/[^"]+\.js)"/.exec(page)?.[1]}`;
    const [compressed, plain] = await Promise.all(
      ['gzip', 'identity'].map((encoding) => api.get(path, { headers: { 'accept-encoding': encoding } })),
    );
    expect(compressed?.headers.get('content-encoding')).toBe('gzip');
    expect(plain?.headers.get('content-encoding')).toBeNull();
    for (const answer of [compressed, plain]) {
      expect(answer?.headers.get('content-type')).toMatch(/^text\/javascript/);
      expect(answer?.headers.get('cache-control')).toMatch(/max-age=31536000, immutable/);
      expect(answer?.headers.get('vary')).toMatch(/accept-encoding/i);
    }
    expect(await compressed?.text()).toBe(await plain?.text());
    expect((await api.get('/console/assets/none.js')).status).toBe(404);
  });

  test('finds a server while it is typed, and the command that is copied installs it', async () => {
    const { page, faults } = await open('catalog');
    await page.getByLabel('Search servers').fill('notes of a');
    await page.getByText('1 server', { exact: true }).waitFor();
    expect(page.url()).toContain('search=notes');
    await page.getByRole('link', { name: /Notes/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Notes' }).waitFor();
    await page.getByRole('tab', { name: 'Install' }).click();
    await page.getByLabel('folder').fill('/srv/notes');
    await page.getByRole('tab', { name: 'Claude Code' }).click();
    await page.getByRole('button', { name: 'Copy: claude mcp add' }).click();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toMatch(/^claude mcp add .*@example\/notes@2\.0\.0 --folder \/srv\/notes --sync$/);
    expect(page.url()).toContain('view=install&client=claude-code');
    expect(faults).toEqual([]);
  });

  test('puts no secret into a link, and leaves clients to ask for it', async () => {
    const { page } = await open('catalog/default/com.example/notes?view=install&client=cursor');
    await page.getByText('Secret: you enter it in your client').waitFor();
    expect(await page.getByLabel('NOTES_TOKEN').count()).toBe(0);
    await page.getByLabel('folder').fill('/srv/notes');
    const link = await page.getByRole('link', { name: 'Install in Cursor' }).getAttribute('href');
    expect(atob(decodeURIComponent(/config=([^&]+)/.exec(link ?? '')?.[1] ?? ''))).not.toContain('NOTES_TOKEN');
    await page.getByText('After installing, add the environment variable NOTES_TOKEN').first().waitFor();
  });

  test('keeps each filter in the address, which shows the same to others, and takes it back', async () => {
    const { page } = await open('catalog?source=team&kind=npm');
    await page.getByText('1 server', { exact: true }).waitFor();
    await page.getByLabel('Kind of package').first().waitFor();
    await page.getByRole('button', { name: 'Reset the filters' }).click();
    await page.getByText(ALL_SERVERS).waitFor();
    await page.getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'Deprecated' }).click();
    await page.getByText('1 server', { exact: true }).waitFor();
    expect(page.url()).toContain('status=deprecated');
    await page.getByRole('link', { name: /Old/ }).click();
    await page.getByText('Use Notes instead').waitFor();
    await page.goBack();
    await page.getByText('1 server', { exact: true }).waitFor();
    expect(page.url()).toContain('status=deprecated');
  });

  test('shows servers far down a long list without loading those between', async () => {
    const { page } = await open('catalog?search=server-0');
    await page.getByText('2,000 servers').waitFor();
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await page.getByText('com.example/server-01999').first().waitFor();
    expect(await page.getByRole('listitem').count()).toBeLessThan(60);
  });

  test('shows what differs between two versions, arguments and environment first', async () => {
    const { page } = await open('catalog/default/com.example/notes?view=difference&from=1.0.0');
    await page.getByRole('heading', { name: 'Environment variables' }).waitFor();
    expect(await page.locator('main h2').allInnerTexts()).toEqual(['Packages', 'Arguments', 'Environment variables']);
    expect(await page.getByRole('row').filter({ hasText: 'NOTES_LEVEL' }).innerText()).toContain('Added');
    expect(await page.getByRole('row').filter({ hasText: '› version' }).innerText()).toMatch(/1\.0\.0\s+2\.0\.0/);
    await page.getByRole('button', { name: 'Swap the versions' }).click();
    await expect.poll(() => page.getByRole('row').filter({ hasText: 'NOTES_LEVEL' }).innerText()).toContain('Removed');
  });

  test('shows skills and plugins next to servers, with what they need, how they are installed, and what changed', async () => {
    const { page, faults } = await open('catalog');
    await page.getByText('Skills', { exact: true }).click();
    await page.getByText('1 skill', { exact: true }).waitFor();
    expect(page.url()).toContain('type=skill');
    await page.getByRole('link', { name: /PDF forms/ }).click();
    await page.getByRole('heading', { level: 1, name: 'PDF forms' }).waitFor();
    for (const text of ['Apache-2.0', 'Write', 'sha256:aa', 'release@example.com', 'Signature invalid']) {
      await page.getByText(text, { exact: true }).first().waitFor();
    }
    await page.getByText('the skill has more than 512 files', { exact: true }).waitFor();
    await page.getByText('it was signed by mallory', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Install' }).click();
    const commands = page.getByLabel('ToolHive', { exact: true });
    expect((await commands.innerText()).split('\n')).toEqual([
      "thv skill install 'ghcr.io/example/skills/pdf-forms:1.0.0; reboot'",
      "thv skill install 'git://git.example/skills@c0ffee#pdf'",
    ]);
    await page.getByRole('tab', { name: 'Compare' }).click();
    expect(await page.getByRole('row').filter({ hasText: 'allowedTools' }).innerText()).toContain('Write');
    await page.goto(`${api.url}/console/catalog?type=plugin`);
    await page.getByRole('link', { name: /reviews/ }).click();
    await page.getByRole('tab', { name: 'Install' }).click();
    const marketplace = `${api.url}/registry/default/exports/claude-code-marketplace`;
    await page.getByText(`claude plugin marketplace add ${marketplace}`).waitFor();
    expect((await fetch(marketplace)).status).toBe(200);
    expect(faults).toEqual([]);
  });

  test('is used with the keyboard alone', async () => {
    const { page } = await open('catalog?search=weather');
    await page.getByText('1 server', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const focused = (): Promise<string> =>
      page.evaluate<string>('document.activeElement?.closest("a")?.textContent ?? ""');
    for (let tabs = 0; tabs < 10 && !(await focused()).includes('Forecasts'); tabs += 1)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Weather' }).waitFor();
    expect(page.url()).toContain('/catalog/default/com.example/weather');
  });

  test('says what is wrong where a server does not exist', async () => {
    const { page } = await open('catalog/default/com.example/none');
    await page.getByText('Registry "default" has no server "com.example/none"').waitFor();
    await expectAccessible(page);
  });

  test('works below a path of a reverse proxy', async () => {
    const proxy = await startProxy('/tools');
    const { page, faults } = await visit(browser, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/tools/`);
    await page.getByText(ALL_SERVERS).waitFor();
    expect(new URL(page.url()).pathname).toBe('/tools/console/catalog');
    await page.getByLabel('Search servers').fill('Forecasts');
    await page.getByRole('link', { name: /Weather/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Weather' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Weather' }).waitFor();
    expect(faults).toEqual([]);
    await page.close();
    proxy.closeAllConnections();
    proxy.close();
  });

  const PAGES = [
    ['catalog?source=team', '2 servers'],
    ['catalog?search=nothing-matches', 'No server matches'],
    ['catalog/default/com.example/old', 'Use Notes instead'],
    ['catalog/default/com.example/notes', 'Where the notes are kept'],
    ['catalog/default/com.example/notes?view=install', 'Install in VS Code'],
    ['catalog/default/com.example/notes?view=versions', '1.0.0'],
    ['catalog/default/com.example/notes?view=difference', 'Added'],
    ['catalog/default/com.example/notes?view=json', '"packageArguments"'],
    ['catalog?type=skill', '1 skill'],
    ['catalog/default/skill:com.example/pdf-forms', 'Apache-2.0'],
    ['catalog/default/plugin:com.example/reviews?view=install', 'from the marketplace'],
    ['catalog/default/com.example.evil/markup', 'alert(7)'],
    ['catalog/default/com.example.evil/long', 'wide'],
    ['no/such/page', 'There is no page'],
  ] as const;
  test('shows why a source fails while it tries again', async () => {
    const { page } = await open('sources');
    const row = page.getByRole('row', { name: 'broken' });
    for (const text of ['Failing', '1 failed sync: the upstream answered 503: U+202Egnp.exe', 'Running now']) {
      await row.getByText(text).waitFor();
    }
    await page.getByRole('link', { name: 'broken' }).click();
    await page.getByText('the upstream answered 503: U+202Egnp.exe').waitFor();
    expect(await page.getByText('Running now').count()).toBe(1);
    expect(await page.getByText('superAdmins').count()).toBe(0);
  });

  test('calls no registry protected while anyone can read all of them', async () => {
    const { page } = await open('registries');
    await page.getByText('Everyone, without signing in').waitFor();
    expect(await page.getByText('Protected').count()).toBe(0);
  });

  test('is accessible in both color schemes, and fits a narrow window', async () => {
    const { page, faults } = await open('catalog');
    for (const [path, text] of PAGES) {
      await page.goto(`${api.url}/console/${path}`);
      await page.getByText(text).first().waitFor();
      await expectAccessibleInEveryLook(page);
      expect([path, ...faults]).toEqual([path]);
    }
  }, 120_000);

  test.each(['markup', 'long', 'types'])('runs nothing of a hostile document: %s', async (name) => {
    const { page, faults, hosts } = await open(`catalog/default/com.example.evil/${name}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const view of await page.getByRole('tablist').first().getByRole('tab').all()) {
      await view.click();
      await page.getByRole('tabpanel', { name: await view.innerText(), exact: true }).waitFor();
      const addresses = await page
        .locator('main a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
      expect(addresses.filter((address) => /^\s*(?:javascript|data):/i.test(address))).toEqual([]);
      expect(await page.locator('main script, main iframe, main b').count()).toBe(0);
      expect(await page.locator('main').innerText()).not.toMatch(/[\u202E\u200B]/);
    }
    await page.waitForLoadState('networkidle');
    expect(faults).toEqual([]);
    expect([...hosts]).toEqual([new URL(api.url).host]);
  });
});

/** Removes the prefix, as reverse proxies do. */
async function startProxy(prefix: string): Promise<Server> {
  const { port } = new URL(api.url);
  const proxy = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? '').replace(prefix, '');
    const forwarded = request({ port, path, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}
