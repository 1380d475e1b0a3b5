/** Paths that different readers understand differently, and everything else that might bypass the gate. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { sendAsWritten } from '../sent-as-written.ts';
import { type ProtectedApi, startProtectedRegistries } from './protected-api.ts';

let api: ProtectedApi;
beforeAll(async () => {
  const started = await startProtectedRegistries(
    [{ name: 'open', access: 'public' }, { name: 'listed' }, { name: 'staff' }],
    { publicPaths: ['/registry/listed'] },
  );
  api = started.api;
  return started.stop;
});

async function send(method: string, path: string, headers: Readonly<Record<string, string>> = {}) {
  const { status, body } = await sendAsWritten(api.url, path, { method, headers });
  return { status, body: body.toString() };
}

const SEGMENTS = [
  'registry', 'REGISTRY', 'open', 'listed', 'staff', 'default', 'v0.1', 'v0', 'V0.1', 'servers', 'versions', 'com.example', 'staff%2fv0.1', 'com.example%2Fstaff', 'latest', 'registry.json', 'servers.json', 'auth', 'none', 'api', 'v1', 'deployed', 'extension', 'registries', 'sources', 'trpc', 'registries.list', 'me', 'audit.list', '.well-known', 'oauth-protected-resource', 'health', 'docs', 'validate', 'publish', '', '.', '..', '%2e', '%2e%2e', '%2E%2e%2f', '..%2f', '%2f', '%5c', '..%5c', '%00', ';', '..;', '%252e%252e', '%73taff', '%2573taff', 'staff%20', 'staff.', 'staff;x=y', 'open,staff', '%',
] as const; // prettier-ignore
const path = fc.array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 9 });
/** Possible beginnings: open paths, or almost. */
const beginning = fc.constantFrom(
  '',
  '/registry/open',
  '/registry/listed',
  '/.well-known',
  '/v0/auth',
  '/health',
  '/docs',
);
/** Possible ends, so that something is read. */
const end = fc.constantFrom('', '/registry/staff/v0.1/servers', '/staff/v0.1/servers', '/v0.1/servers', '/v1/me');
const rest = fc.constantFrom('', '?', '?x=/registry/open/v0.1/servers', '#', '#/registry/open/v0.1', '?access_token=x');

test('no path shows a caller without a token anything that needs one', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(beginning, path, end, rest), async ([begins, segments, ends, after]) => {
      const asked = `${begins}/${segments.join('/')}${ends}${after}`;
      const { status, body } = await send('GET', asked);
      expect(status).toBeLessThan(500);
      expect(body).not.toMatch(/What com\.example\/(?:staff|main) does|"com\.example\/(?:staff|main)"/);
      expect(body).not.toMatch(/^\{"(?:subject|registries|sources|entries|result)"/);
      expect((await send('HEAD', asked)).status).toBe(status);
    }),
    { numRuns: 400 },
  );
});

const STAFF = '/registry/staff/v0.1/servers';

test.each<[what: string, path: string, headers: Readonly<Record<string, string>>]>([
  ['another path in a header', STAFF, { 'x-original-url': '/registry/open/v0.1/servers' }],
  ['a proxy’s other path', STAFF, { 'x-rewrite-url': '/health', 'x-forwarded-path': '/health' }],
  ['a trusted address', STAFF, { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' }],
  ['another host', STAFF, { host: 'localhost', 'x-forwarded-host': 'localhost' }],
  ['a user name', STAFF, { 'x-forwarded-user': 'root', 'x-remote-user': 'root' }],
  ['a cookie', STAFF, { cookie: 'access_token=x; token=x' }],
  ['an entity tag', STAFF, { 'if-none-match': '*' }],
  ['a range', STAFF, { range: 'bytes=0-10' }],
  ['a whole URL', `http://127.0.0.1${STAFF}`, {}],
  ['a whole URL with `..`', `http://open/../..${STAFF}`, {}],
  ['no token', STAFF, { authorization: '' }],
  ['no scheme', STAFF, { authorization: 'x' }],
  ['a tab', STAFF, { authorization: 'Bearer\tx' }],
  ['another header', STAFF, { 'proxy-authorization': 'Bearer x', 'x-access-token': 'x' }],
])('%s doesn’t bypass the gate', async (_, asked, headers) => {
  expect(await send('GET', asked, headers)).toMatchObject({ status: 401 });
  const overridden = await send('POST', asked, { ...headers, 'x-http-method-override': 'GET' });
  expect(overridden).toMatchObject({ status: 401 });
});
