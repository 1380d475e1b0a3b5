/** A real browser, for what only a browser decides: which requests a web page can send, and which answers it can read. */
import { access, constants } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of Chromium; undefined if it isn't installed. */
export async function findChromium(): Promise<string | undefined> {
  for (const path of PLACES) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** Starts Chromium without a window. It looks up the given host names in `hosts` instead of asking DNS, as after DNS rebinding. */
export function startChromium(
  executablePath: string,
  hosts: Readonly<Record<string, string>>,
  { trustsEveryCertificate = false } = {},
): Promise<Browser> {
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      ...(trustsEveryCertificate ? ['--ignore-certificate-errors'] : []),
      `--host-resolver-rules=${rules.join(', ')}`,
    ],
  });
}
