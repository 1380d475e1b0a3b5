/** The catalog of the console with 20,000 servers, in a real browser. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { findChromium, startChromium } from '../../test/browser.ts';
import type { Bench } from '../bench.ts';
import { below, type Figure } from '../figures/figure.ts';
import { startRegistry } from '../system/running-registry.ts';
import { sampleOf } from '../figures/sample.ts';

const SERVERS = 20_000;
const FIRST_PAGE_GOAL_S = 1;
const KEY_GOAL_MS = 100;
const TYPED = 'database for notes';

/** Runs in the page: how long each key takes until the frame after it is drawn. */
const MEASURE_KEYS = `
  globalThis.keys = [];
  addEventListener('keydown', ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => globalThis.keys.push(performance.now() - timeStamp)));
  }, true);`;

export async function measureConsole(bench: Bench): Promise<Figure[]> {
  const chromium = await findChromium();
  if (chromium === undefined) {
    bench.say('the console is skipped: Chromium is not installed');
    return [];
  }
  const path = await bench.dataSet({ entries: SERVERS, versionsPerServer: 1 });
  const registry = await startRegistry(bench, [{ name: 'large', file: { path } }]);
  try {
    await registry.syncDuration('large', 1);
    const browser = await startChromium(chromium, {});
    const firstPages: number[] = [];
    const keys: number[] = [];
    for (let run = 0; run <= bench.runs; run += 1) {
      bench.say(`the console with ${SERVERS} servers, run ${run}`);
      const page = await browser.newPage();
      const seconds = await openCatalog(page, registry.origin);
      // The first visit also warms the caches of the server.
      if (run > 0) firstPages.push(seconds);
      keys.push(...(await typeSearch(page)));
      await page.close();
    }
    await browser.close();
    return [
      below(
        { line: `console, ${SERVERS} servers: first page of the catalog`, unit: 's', ours: sampleOf(firstPages) },
        FIRST_PAGE_GOAL_S,
      ),
      below(
        {
          line: 'console: from a key in the search to its frame, slowest',
          unit: 'ms',
          ours: sampleOf([Math.max(...keys)]),
        },
        KEY_GOAL_MS,
      ),
    ];
  } finally {
    await registry.stop();
  }
}

/** Chromium builds its own window first, which takes as long as the page. A visitor has one already. */
const WINDOW_SECONDS = 1;

/** Seconds until the first servers are shown. The page has an empty cache. */
async function openCatalog(page: Page, origin: string): Promise<number> {
  await page.addInitScript(MEASURE_KEYS);
  await delay(WINDOW_SECONDS * 1000);
  const start = performance.now();
  await page.goto(`${origin}/console/catalog`);
  await page.getByRole('listitem').first().getByRole('link').waitFor();
  return (performance.now() - start) / 1000;
}

/** Milliseconds per key. */
async function typeSearch(page: Page): Promise<number[]> {
  await page.getByLabel('Search servers').focus();
  await page.keyboard.type(TYPED, { delay: 80 });
  return await page.evaluate<number[]>('globalThis.keys');
}
