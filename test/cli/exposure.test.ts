/** In anonymous mode, the listen address is the only protection. */
import { expect, test } from 'vitest';
import { exposureWarning } from '../../cli/run/banner.ts';
import { load, withFile } from '../config/configuration-file.ts';
import { runRollcall } from './rollcall-process.ts';

const SOURCES = 'sources: [{ name: a, managed: {} }]';
const ANONYMOUS = 'auth: { mode: anonymous }';
const OAUTH = 'auth: { oauth: { providers: [{ name: a, issuerUrl: https://a.example, audience: b }] } }';
const DATABASE = 'database: { host: 127.0.0.1, port: 1, user: u, database: d }\ntemporal: { address: "127.0.0.1:1" }';

async function warningOf(...lines: string[]): Promise<string | undefined> {
  // The service behind the address doesn't matter here.
  return exposureWarning(await load([SOURCES, ...lines].join('\n')));
}

test('without an external database the API listens on loopback', async () => {
  expect((await load(`${SOURCES}\n${ANONYMOUS}`)).server.address).toBe('127.0.0.1:8080');
  expect(await warningOf(ANONYMOUS)).toBeUndefined();
});

test.each([':8080', '0.0.0.0:8080', '[::]:8080', '192.0.2.1:8080', 'registry.example:8080', 'localhost.example:80'])(
  'warns in anonymous mode when listening on %s',
  async (address) => {
    const server = `server: { address: "${address}" }`;
    expect(await warningOf(ANONYMOUS, server)).toBe(
      `The API listens on ${address}, which other machines can reach, and auth.mode is anonymous: anyone who can reach it can publish, delete, and sync. Set auth.mode to oauth, or listen on 127.0.0.1.`,
    );
    expect(await warningOf(OAUTH, server)).toBeUndefined();
  },
);

test.each(['127.0.0.1:80', 'localhost:8080', '[::1]:8080', '127.8.8.8:8080'])(
  'at %s it does not warn',
  async (address) => {
    expect(await warningOf(ANONYMOUS, `server: { address: "${address}" }`)).toBeUndefined();
  },
);

test('with an external database it listens everywhere, and says so when it starts', async () => {
  expect(await warningOf(ANONYMOUS, DATABASE)).toContain('The API listens on :8080');
  const { stdout } = await withFile([SOURCES, ANONYMOUS, DATABASE].join('\n'), (path) =>
    runRollcall('api', '--config', path),
  );
  expect(stdout).toContain('anyone who can reach it can publish, delete, and sync');
});
