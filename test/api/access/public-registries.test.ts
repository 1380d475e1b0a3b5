import { beforeAll, describe, expect, test } from 'vitest';
import { isPublicPath } from '../../../api/access/public-path.ts';
import type { TestDatabase } from '../../environment.ts';
import type { IdentityProvider } from '../../identity-provider.ts';
import { sendAsWritten } from '../sent-as-written.ts';
import {
  createRegistries,
  oauth,
  type ProtectedApi,
  startProtectedApi,
  startProtectedRegistries,
} from './protected-api.ts';

let provider: IdentityProvider;
let registries: TestDatabase;
let api: ProtectedApi;
beforeAll(async () => {
  const started = await startProtectedRegistries([{ name: 'open', access: 'public' }, { name: 'staff' }]);
  ({ provider, registries, api } = started);
  return started.stop;
});

const READS = [
  '/v0.1/servers',
  '/v0.1/servers?search=com&limit=5',
  '/v0/servers',
  '/v0.1/servers/com.example%2FNAME',
  '/v0.1/servers/com.example/NAME/versions',
  '/v0.1/servers/com.example%2FNAME/versions/latest',
  '/registry.json',
  '/upstream-registry.json',
  '/servers.json',
  '/exports',
  '/exports/vscode-mcp',
  '/exports/vscode-mcp/report',
];

describe('on one host', () => {
  test.each(READS)('%s of the public registry needs no token, that of the other does', async (path) => {
    const of = (registry: string): string => `/registry/${registry}${path.replace('NAME', registry)}`;
    expect((await api.get(of('open'))).status).toBe(200);
    expect((await api.get(of('open'), { method: 'HEAD' })).status).toBe(200);
    expect((await api.get(of('staff'))).status).toBe(401);
    const token = await provider.token();
    expect((await api.withToken(token, of('staff'))).status).toBe(200);
    expect((await api.withToken(token, of('open'))).status).toBe(200);
    // Answers for callers with a token are not sent to others.
    expect((await api.get(of('staff'))).status).toBe(401);
  });

  test('a registry that needs a token looks like a missing one', async () => {
    const answers = await Promise.all(
      ['staff', 'nosuch'].map(async (name) => {
        const response = await api.get(`/registry/${name}/v0.1/servers`);
        const ofThisAnswer = { date: '', 'x-request-id': '' };
        const { 'www-authenticate': challenge, ...headers } = Object.fromEntries(response.headers);
        return {
          status: response.status,
          body: await response.json(),
          headers: { ...headers, ...ofThisAnswer },
          challenge: challenge?.replace(name, ''),
        };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
  });

  test('the default registry of all sources needs a token', async () => {
    for (const path of ['/v0.1/servers', '/v0/servers', '/registry/v0.1/servers', '/api/v0/servers']) {
      expect([path, (await api.get(path)).status]).toEqual([path, 401]);
    }
  });

  test('an invalid token is refused where none is needed', async () => {
    expect((await api.withToken('wrong', '/registry/open/v0.1/servers')).status).toBe(401);
  });

  test.each([
    ['POST', '/publish'],
    ['POST', '/validate'],
    ['PUT', '/servers/com.example%2Fopen/versions/1.0.0'],
    ['DELETE', '/servers/com.example%2Fopen/versions/1.0.0'],
    ['PATCH', '/servers/com.example%2Fopen/status'],
  ])('%s %s of a public registry needs a token', async (method, path) => {
    expect((await api.send(method, `/registry/open/v0.1${path}`, { body: {} })).status).toBe(401);
  });

  test.each([
    '/registry/open%2F..%2Fstaff/v0.1/servers',
    '/registry/open/../staff/v0.1/servers',
    '/registry/%6fpen%00/v0.1/servers',
    '/registry//v0.1/servers',
    '/REGISTRY/staff/v0.1/servers',
    '/registry/open/v0.1/publish',
    '/extension/v0/registries/open',
  ])('%s doesn’t bypass it', async (path) => {
    expect((await sendAsWritten(api.url, path)).status).toBe(401);
  });

  test('a path that cannot be decoded bypasses nothing', async () => {
    expect((await sendAsWritten(api.url, '/registry/%E0%A4%A/v0.1/servers')).status).toBe(400);
  });
});

test('a default registry that the file makes public needs no token', async () => {
  const own = await createRegistries({ name: 'default', access: 'public' });
  const other = await startProtectedApi(own, oauth(provider));
  for (const path of [
    '/v0.1/servers',
    '/v0/servers',
    '/registry/v0.1/servers',
    '/api/v0/servers',
    '/api/v1/registry',
  ]) {
    expect([path, (await other.get(path)).status]).toEqual([path, 200]);
  }
  await other.stop();
  await own.drop();
});

describe('public paths', () => {
  test('need no token for reads; changes below them need one', async () => {
    const other = await startProtectedApi(registries, oauth(provider, { publicPaths: ['/registry/staff'] }));
    const path = '/registry/staff/v0.1/servers';
    expect((await other.get(path)).status).toBe(200);
    expect((await other.withToken(await provider.token(), path)).status).toBe(200);
    expect((await other.withToken('wrong', path)).status).toBe(401);
    expect((await other.send('POST', '/registry/staff/v0.1/publish', { body: {} })).status).toBe(401);
    expect((await other.get('/registry/staffs/v0.1/servers')).status).toBe(401);
    expect((await other.get('/v0.1/servers')).status).toBe(401);
    await other.stop();
  });

  test.each([
    ['/registry/open', ['/registry/open'], true],
    ['/registry/open/', ['/registry/open'], true],
    ['/registry/open/v0.1/servers', ['/registry/open/'], true],
    ['/registry/op%65n/v0.1', ['/registry/open'], true],
    ['/registry/opens', ['/registry/open'], false],
    ['/registry', ['/registry/open'], false],
    ['/Registry/open', ['/registry/open'], false],
    ['/registry/open/../staff', ['/registry/open'], false],
    ['/registry/open/./x', ['/registry/open'], false],
    ['/registry/open//x', ['/registry/open'], false],
    ['/registry/open/%2e%2e/staff', ['/registry/open'], false],
    ['/registry/open/a%2Fb', ['/registry/open'], false],
    ['/registry/open/a%5cb', ['/registry/open'], false],
    ['/registry/open/%', ['/registry/open'], false],
    ['/v0.1/servers', ['/registry/open', '/v0.1'], true],
    ['/anything', ['/'], true],
    ['/', ['/'], true],
    ['/', ['/registry'], false],
  ])('%s is below one of %j: %s', (path, publicPaths, isBelow) => {
    expect(isPublicPath(path, publicPaths)).toBe(isBelow);
  });
});
