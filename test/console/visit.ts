/** Visits to the console with a real browser, which record what a page must not do. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Runs in the page: adds up the scores of layout shifts that no input caused. */
const COUNT_SHIFTS = `
  globalThis.shifts = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) globalThis.shifts += value;
  }).observe({ type: 'layout-shift', buffered: true });`;

export interface Visit {
  readonly page: Page;
  /** Errors in the console of the browser, violations of the content security policy included, and dialogs. */
  readonly faults: string[];
  /** Hosts that the page sent requests to. */
  readonly hosts: ReadonlySet<string>;
  /** Bytes of scripts, as they were sent. */
  readonly scriptBytes: () => Promise<number>;
  readonly end: () => Promise<void>;
}

export async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const hosts = new Set<string>();
  const scripts: Promise<number>[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('requestfinished', (request) => {
    if (request.resourceType() === 'script')
      scripts.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.addInitScript(COUNT_SHIFTS);
  await page.goto(url);
  return {
    page,
    faults,
    hosts,
    scriptBytes: async () => (await Promise.all(scripts)).reduce((sum, bytes) => sum + bytes, 0),
    end: () => context.close(),
  };
}

/** The sum of the scores of all layout shifts so far. 0.1 is "good" in Chrome's terms. */
export async function layoutShifts(page: Page): Promise<number> {
  return await page.evaluate<number>('globalThis.shifts');
}

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
] as const;

/** Looks at the open page light and wide, then dark and narrow, without loading it again. */
export async function expectAccessibleInEveryLook(page: Page): Promise<void> {
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScrolling(page);
  }
}

/** Fails with what axe finds wrong with the page for people with disabilities. */
export async function expectAccessible(page: Page): Promise<void> {
  const axe = new AxeBuilder({ page })
    // Describing everything that passed takes most of the time.
    .options({ resultTypes: ['violations'] })
    // The other mode opens a window per call, for frames. The console has none.
    .setLegacyMode();
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

/** Fails if the page is wider than the window. */
async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  const available = await page.evaluate<number>('document.documentElement.clientWidth');
  expect(width).toBeLessThanOrEqual(available);
}
