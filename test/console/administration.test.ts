/** Readers, publishers, and administrators use the console, with a real browser and a real identity provider. */
import { writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { findFreePort } from '../../embedded/free-port.ts';
import { oauth } from '../api/access/protected-api.ts';
import { type PublishingApi, startPublishingApiWith } from '../api/publishing-api.ts';
import { findChromium, startChromium } from '../browser.ts';
import { builtConsole } from '../environment.ts';
import { CLIENT, CONSOLE_CLIENT_ID, type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { inlineSource, managedSource } from '../workflows/running-worker.ts';
import { expectAccessibleInEveryLook, type Visit, visit } from './visit.ts';

const CLAIMS = { org: 'acme' };
const PEOPLE = {
  rita: { name: 'Rita Reader', ...CLAIMS },
  paul: { name: 'Paul Publisher', ...CLAIMS, role: 'publisher' },
  ada: { name: 'Ada Admin', role: 'admin' },
};
type Person = keyof typeof PEOPLE;

const CATALOG = inlineSource('catalog', 'com.example/weather', 'com.example/maps');
const PUBLISHED = managedSource('published');
const NOTES = { name: 'com.example/notes', version: '1.0.0', description: 'Keeps notes' };

const chromiumPath = await findChromium();

let provider: IdentityProvider;
let publishing: PublishingApi;
let browser: Browser;
let url: string;
let visits: Visit[] = [];

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(chromiumPath === undefined)(`administration${chromiumPath ? '' : ' (skipped: needs Chromium)'}`, () => {
  beforeAll(async () => {
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}`;
    provider = await startIdentityProvider({ consoleOf: url });
    for (const [name, claims] of Object.entries(PEOPLE)) provider.addPerson(name, claims);
    const secretFile = `${provider.caFile}.secret`;
    await writeFile(secretFile, CLIENT.secret);
    const client = { clientId: CONSOLE_CLIENT_ID, clientSecret: { file: secretFile } };
    const roles = { superAdmin: [{ role: 'admin' }], manageEntries: [{ role: 'publisher' }] };
    const auth = oauth(provider, {
      resourceUrl: url,
      providers: [provider.settings({ console: client })],
      authz: { roles: { ...roles, manageSources: [], manageRegistries: [] } },
    });
    const audit = { enabled: true, excludeEventTypes: [], retentionMs: 86_400_000 };
    publishing = await startPublishingApiWith({ auth, audit, port }, CATALOG, PUBLISHED);
    await storeConfiguration(publishing.test.database, {
      sources: [CATALOG, PUBLISHED],
      sourceClaims: { catalog: CLAIMS, published: CLAIMS },
      registries: [{ name: 'internal', access: 'protected', sources: ['published', 'catalog'], claims: CLAIMS }],
      defaultRegistry: 'internal',
    });
    await builtConsole();
    browser = await startChromium(chromiumPath ?? '', {}, { trustsEveryCertificate: true });
  }, 120_000);

  afterEach(async () => {
    await Promise.all(visits.map(({ end }) => end()));
    visits = [];
  });

  afterAll(async () => {
    await browser?.close();
    await publishing?.end();
    await provider?.stop();
  });

  async function open(path: string): Promise<Visit> {
    const opened = await visit(browser, `${url}/console/${path}`);
    opened.page.setDefaultTimeout(40_000);
    visits.push(opened);
    return opened;
  }

  /** Opens a page after signing in at the provider, with the button in the header. */
  async function openAs(person: Person, path: string): Promise<Visit> {
    const opened = await open(path);
    await signIn(opened.page, person);
    // Before that, the page may have requested data that requires a session.
    opened.faults.length = 0;
    return opened;
  }

  async function signIn(page: Page, person: Person): Promise<void> {
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await page.getByRole('link', { name: person, exact: true }).click();
    await page.getByRole('button', { name: `Account of ${PEOPLE[person].name}` }).waitFor();
  }

  async function see(page: Page, text: string | RegExp): Promise<void> {
    await page.getByText(text).first().waitFor();
  }

  test('a reader signs in, comes back to the same page, is offered no administration, and signs out', async () => {
    const { page, faults } = await openAs('rita', 'registries');
    expect(page.url()).toBe(`${url}/console/registries`);
    await page.getByRole('heading', { name: 'internal' }).waitFor();
    const navigation = page.getByRole('navigation');
    expect(await navigation.getByRole('link').allInnerTexts()).toEqual(
      expect.arrayContaining(['Catalog', 'Registries']),
    );
    for (const hidden of ['Sources', 'Publish', 'Audit', 'Overview']) {
      expect(await navigation.getByRole('link', { name: hidden }).count()).toBe(0);
    }
    expect(await page.getByRole('button', { name: 'Add a registry' }).count()).toBe(0);
    expect(faults).toEqual([]);
    await page.goto(`${url}/console/audit`);
    await see(page, 'You need the role superAdmin');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: /yes, sign me out/i }).click();
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
    expect(page.url()).toContain(`${url}/console/`);
  });

  test('a session that ends leaves the page as it is, and signing in again leads back to it', async () => {
    const { page } = await openAs('ada', 'audit?subject=nobody');
    await page.clock.install();
    await page.reload();
    await see(page, 'No event matches');
    await page.context().clearCookies({ name: /^rollcall_session/ });
    await page.context().addCookies([{ name: 'rollcall_session', value: 'ended', url }]);
    // The page looks again before its token expires.
    await page.clock.fastForward(5 * 60_000);
    await see(page, 'Your session has ended');
    await see(page, 'No event matches');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.getByRole('button', { name: 'Account of Ada Admin' }).waitFor();
    expect(page.url()).toBe(`${url}/console/audit?subject=nobody`);
  });

  test('an administrator adds a source that fails, sees why, fixes it, and watches it sync', async () => {
    const { page, faults } = await openAs('ada', 'sources/new');
    await page.getByLabel('Name').fill('team-tools');
    const definition = page.getByLabel('Definition');
    await definition.fill('file:\n  data: "["\n  colour: red\n');
    await page.getByRole('button', { name: 'Add the source' }).click();
    await page.getByRole('button', { name: 'Line 3' }).waitFor();
    await definition.fill('file:\n  data: "["\n');
    await page.getByRole('button', { name: 'Add the source' }).click();
    await page.getByRole('heading', { level: 1, name: 'team-tools' }).waitFor();
    await see(page, 'Why it failed');
    await see(page, 'Failing');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    await page.getByRole('heading', { name: 'Edit team-tools' }).waitFor();
    const fixed = JSON.stringify([NOTES, { name: 'not a name' }]);
    await page.getByLabel('Definition').fill(`file:\n  data: '${fixed}'\n`);
    await page.getByRole('button', { name: 'Try it' }).click();
    await see(page, 'Entries that a sync would accept');
    await see(page, 'com.example/notes 1.0.0');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'team-tools' }).waitFor();
    await see(page, '1 rejected');
    await page.getByRole('link', { name: 'Sync 2' }).click();
    await see(page, 'not a name');
    await page.getByLabel('Search by name, location, or reason').fill('nothing like it');
    await see(page, 'No rejection or warning matches');
    expect(page.url()).toContain('q=nothing');
    expect(faults.filter((fault) => !fault.includes('400'))).toEqual([]);
  });

  test('an administrator pauses, resumes, syncs, and forces a source, and deletes it', async () => {
    const { page } = await openAs('ada', 'sources/catalog');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Sync now' }).click();
    await see(page, /Sync \d+ started/);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Force a sync' }).click();
    await see(page, 'skips the removal guard once');
    await page.getByRole('button', { name: 'Force the sync' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.goto(`${url}/console/sources/team-tools`);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete the source' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor();
    await page.getByRole('link', { name: 'catalog', exact: true }).waitFor();
    await expect.poll(() => page.getByRole('link', { name: 'team-tools' }).count()).toBe(0);
  });

  test('a publisher sees faults while typing, publishes, deprecates, deletes, and restores a version', async () => {
    const { page, faults } = await openAs('paul', 'publish');
    const document = page.getByLabel('server.json');
    await document.fill(JSON.stringify({ ...NOTES, version: 'latest' }, null, 2));
    await page.getByRole('button', { name: 'Line 3' }).waitFor();
    expect(await page.getByRole('button', { name: 'Publish', exact: true }).isDisabled()).toBe(true);
    await document.fill('{ "name": ');
    await see(page, 'is not valid JSON');
    await document.fill(`{ "name": "com.example/a", ${JSON.stringify(NOTES).slice(1)}`);
    await see(page, 'name is a duplicate');
    await document.fill(JSON.stringify(NOTES, null, 2));
    await see(page, 'follows the rules');
    const extension = {
      'io.modelcontextprotocol.registry/publisher-provided': { 'com.example': { text: 'é'.repeat(2100) } },
    };
    await document.fill(JSON.stringify({ ...NOTES, _meta: extension }, null, 2));
    await see(page, 'has 4227 bytes; at most 4096 bytes are allowed');
    await document.fill(JSON.stringify({ ...NOTES, _meta: {} }, null, 2));
    await see(page, 'follows the rules');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await see(page, 'com.example/notes 1.0.0 is published');
    await page.getByRole('button', { name: 'Deprecate' }).click();
    await page.getByLabel('Message for users').fill('Use another one');
    await page.getByRole('button', { name: 'Deprecate', exact: true }).click();
    await see(page, 'Use another one');
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await see(page, 'Deleted');
    await page.getByRole('button', { name: 'Restore' }).click();
    await see(page, 'Active');
    expect(faults).toEqual([]);
  });

  test('a publisher publishes a skill, and finds it in the catalog', async () => {
    const { page, faults } = await openAs('paul', 'publish');
    await page.getByText('Skill', { exact: true }).click();
    const skill = { namespace: 'com.example', name: 'pdf-forms', version: '1.0.0', description: 'Fills in forms' };
    const document = page.getByLabel('Document of the skill');
    await document.fill(JSON.stringify({ ...skill, name: 'PDF forms' }, null, 2));
    await page.getByRole('button', { name: 'Line 3' }).waitFor();
    await document.fill(JSON.stringify(skill, null, 2));
    await see(page, 'follows the rules for skills');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await see(page, 'com.example/pdf-forms 1.0.0 is published');
    await page.getByRole('button', { name: 'Deprecate' }).waitFor();
    await page.goto(`${url}/console/catalog?type=skill`);
    await page.getByRole('link', { name: /pdf-forms/ }).click();
    await page.getByRole('heading', { level: 1, name: 'com.example/pdf-forms' }).waitFor();
    expect(faults).toEqual([]);
  });

  test('an administrator adds a registry, and sees it as someone with other claims does', async () => {
    const { page } = await openAs('ada', 'registries');
    await page.getByRole('button', { name: 'Add a registry' }).click();
    await page.getByLabel('Name').fill('weather');
    await page.getByLabel('Sources').fill('catalog\nabsent');
    await page.getByLabel('Required claims').fill('{"org": "acme"}');
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page, /unknown source/);
    await page.getByLabel('Sources').fill('catalog');
    await page.getByRole('button', { name: 'Save' }).click();
    const card = page.getByRole('region', { name: 'weather' });
    await card.getByRole('link', { name: 'View as…' }).click();
    await page.getByLabel('Claims of the token').fill('{"org": "other"}');
    await page.getByRole('button', { name: 'Show' }).click();
    await see(page, 'not visible with these claims');
    await page.getByLabel('Claims of the token').fill('{"org": "acme", "role": "publisher"}');
    await page.getByRole('button', { name: 'Show' }).click();
    await see(page, 'com.example/maps');
    await see(page, 'Roles: manageEntries');
    expect(new URL(page.url()).searchParams.get('claims')).toContain('publisher');
  });

  test('an administrator finds events in the audit log, and exports them', async () => {
    const { page } = await openAs('ada', 'audit');
    await page.getByLabel('Action').selectOption('Publish');
    await page.getByRole('cell', { name: 'Paul Publisher' }).first().waitFor();
    expect(page.url()).toContain('action=entry.publish');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('audit.csv');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const [header, ...lines] = Buffer.concat(chunks).toString().trim().split('\r\n');
    expect(header).toMatch(/^at,action,outcome,/);
    expect(lines.every((line) => line.includes('entry.publish'))).toBe(true);
  });

  const PAGES: readonly (readonly [path: string, heading: string])[] = [
    ['overview', 'Overview'],
    ['sources', 'Sources'],
    ['sources/catalog', 'catalog'],
    ['sources/catalog/syncs/1', 'Sync 1'],
    ['sources/new', 'Add a source'],
    ['registries', 'Registries'],
    ['registries/internal/view-as?claims=%7B%22org%22%3A%22acme%22%7D', 'View internal as someone else'],
    ['publish', 'Publish'],
    ['publish?tab=manage&name=com.example%2Fweather', 'Publish'],
    ['publish?type=skill', 'Publish'],
    ['audit', 'Audit'],
    ['sign-in?error=rejected', 'Sign in'],
  ];

  test('pages are accessible in both color schemes, and fit a narrow window', async () => {
    const { page, faults } = await openAs('ada', 'overview');
    for (const [path, heading] of PAGES) {
      await page.goto(`${url}/console/${path}`);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.waitForLoadState('load');
      await expectAccessibleInEveryLook(page);
    }
    expect(faults).toEqual([]);
  }, 120_000);
});
