/** Where nobody is asked who he is, the listener's address is all that keeps strangers out. */
import { expect, test } from 'vitest';
import { exposureWarning } from '../../cli/run/banner.ts';
import type { CompleteConfiguration } from '../../cli/run/roles.ts';
import { load, withFile } from '../config/configuration-file.ts';
import { runRollcall } from './rollcall-process.ts';

const SOURCES = 'sources: [{ name: a, managed: {} }]';
const ANONYMOUS = 'auth: { mode: anonymous }';
const OAUTH = 'auth: { oauth: { providers: [{ name: a, issuerUrl: https://a.example, audience: b }] } }';
const DATABASE = 'database: { host: 127.0.0.1, port: 1, user: u, database: d }\ntemporal: { address: "127.0.0.1:1" }';

async function warningOf(...lines: string[]): Promise<string | undefined> {
  // What runs where does not matter here: only where it listens.
  return exposureWarning((await load([SOURCES, ...lines].join('\n'))) as CompleteConfiguration);
}

test('without a database of one’s own the API listens on loopback', async () => {
  expect((await load(`${SOURCES}\n${ANONYMOUS}`)).server.address).toBe('127.0.0.1:8080');
  expect(await warningOf(ANONYMOUS)).toBeUndefined();
});

test.each([':8080', '0.0.0.0:8080', '[::]:8080', '192.0.2.1:8080', 'registry.example:8080', 'localhost.example:80'])(
  'at %s it warns that everybody may do everything',
  async (address) => {
    const server = `server: { address: "${address}" }`;
    expect(await warningOf(ANONYMOUS, server)).toBe(
      `Warning: the API listens on ${address}, beyond this machine, and auth.mode is anonymous: whoever reaches it may publish, delete and sync.`,
    );
    expect(await warningOf(OAUTH, server)).toBeUndefined();
  },
);

test.each(['127.0.0.1:80', 'localhost:8080', '[::1]:8080', '127.8.8.8:8080'])('at %s it does not', async (address) => {
  expect(await warningOf(ANONYMOUS, `server: { address: "${address}" }`)).toBeUndefined();
});

test('with a database of one’s own it listens everywhere, and says so when it starts', async () => {
  expect(await warningOf(ANONYMOUS, DATABASE)).toContain('the API listens on :8080');
  const { stderr } = await withFile([SOURCES, ANONYMOUS, DATABASE].join('\n'), (path) =>
    runRollcall('api', '--config', path),
  );
  expect(stderr).toContain('whoever reaches it may publish, delete and sync');
});
