/**
 * HTTP sources that were created through the API. All servers are on loopback: 127.0.0.1 is allowed, everything else is forbidden
 * as usual.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OutboundSettings } from '../../config/model.ts';
import type { Resolver } from '../../outbound/checked-lookup.ts';
import { OutboundGuard } from '../../outbound/guard.ts';
import type { SourceOrigin } from '../../registry/source-definition.ts';
import type { ApiOrigin } from '../../sources/api/definition.ts';
import { createLoopbackCertificate, type LoopbackCertificate } from '../certificate-authority.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { startUntouchedServer, type UntouchedServer } from '../upstreams/untouched-server.ts';
import type { FetchInput } from '../../workflows/contract/activities.ts';
import { envelope, serverJson } from '../activities/server-documents.ts';
import { SourceUnderTest } from '../activities/source-under-test.ts';

// Nothing listens here, so requests through the proxy fail. The variables are read when the modules are loaded.
vi.hoisted(() => {
  process.env['http_proxy'] = process.env['https_proxy'] = 'http://127.0.0.1:9';
});

const ALLOWED = '127.0.0.1';
const FORBIDDEN = '127.0.0.2';
const DOCUMENT = envelope([serverJson('com.example/one')]);

let testDatabase: TestDatabase;
let certificate: LoopbackCertificate;
let untouched: UntouchedServer;
let folder: string;
let cleanUp: (() => unknown)[];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  certificate = await createLoopbackCertificate('registry.example');
  setDefaultCACertificates([...getCACertificates(), certificate.authority]);
});
afterAll(async () => {
  await testDatabase.drop();
});
beforeEach(async () => {
  untouched = await startUntouchedServer();
  folder = await mkdtemp(join(tmpdir(), 'guarded-http-'));
  cleanUp = [() => untouched.close(), () => rm(folder, { recursive: true })];
  return async () => {
    for (const step of cleanUp) await step();
  };
});

/** @returns its port */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, ALLOWED, resolve));
  cleanUp.unshift(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));
const serveEncrypted = ({ certificate: cert, privateKey: key }: LoopbackCertificate, listener: RequestListener) =>
  listen(createHttpsServer({ cert, key }, listener));

/** Names resolve to one answer after another, and then always to the last; other names are unknown. */
function names(answers: Readonly<Record<string, readonly (readonly string[])[]>>): Resolver & { asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolver = async (host) => {
    const given = answers[host];
    if (given === undefined) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    const addresses = given[Math.min(asked.filter((one) => one === host).length, given.length - 1)]!;
    asked.push(host);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return Object.assign(resolve, { asked });
}

interface Limits extends Partial<OutboundSettings> {
  readonly resolve?: Resolver;
}

async function created(origin: SourceOrigin, { resolve, ...settings }: Limits = {}): Promise<SourceUnderTest> {
  const guard = new OutboundGuard({ allow: [ALLOWED], ...settings }, resolve);
  return await SourceUnderTest.ofApi(testDatabase.database, origin, guard);
}

const document = (url: string): SourceOrigin => ({ kind: 'file', location: { url, timeoutMs: 2_000 } });
const registry = (endpoint: string, changes: Partial<ApiOrigin> = {}): ApiOrigin => ({
  kind: 'api',
  endpoint,
  timeoutMs: 2_000,
  fullSyncEveryMs: 3_600_000,
  ...changes,
});

const NOT_PUBLIC = {
  type: 'OutboundForbidden',
  nonRetryable: true,
  message: expect.stringContaining('resolves to an address that is not public') as string,
};

describe('an allowed address is read', () => {
  test('and not through a proxy, which would resolve names itself', async () => {
    const port = await serve((_, response) => response.end(DOCUMENT));
    const source = await created(document(`http://${ALLOWED}:${port}/registry.json`));
    expect(await source.sync()).toMatchObject({ outcome: 'changed', counts: { entries: 1 } });

    const own = await SourceUnderTest.of(testDatabase.database, document(`http://${ALLOWED}:${port}/registry.json`));
    expect(await own.failedSync()).toMatchObject({ type: 'UpstreamUnavailable' });
  });

  test('only the allowed addresses of a name are used', async () => {
    const port = await serveEncrypted(certificate, (_, response) => response.end(DOCUMENT));
    const resolve = names({ 'registry.example': [[FORBIDDEN, '::1', ALLOWED]] });
    const source = await created(document(`https://registry.example:${port}/`), { resolve });
    expect(await source.sync()).toMatchObject({ outcome: 'changed' });
  });
});

describe('a redirect', () => {
  test.each<[string, (port: number) => string]>([
    ['to an address', (port) => `https://${FORBIDDEN}:${port}/`],
    ['to the number of an address', (port) => `https://2130706434:${port}/`],
    ['to an address of IPv6', (port) => `https://[::ffff:7f00:2]:${port}/`],
    ['to a name', (port) => `https://elsewhere.example:${port}/`],
  ])('%s is checked again', async (_, target) => {
    const port = await serve((__, response) => response.writeHead(302, { location: target(untouched.port) }).end());
    const resolve = names({ 'elsewhere.example': [[FORBIDDEN]] });
    for (const origin of [document(`http://${ALLOWED}:${port}/x`), registry(`http://${ALLOWED}:${port}`)]) {
      const source = await created(origin, { resolve });
      expect(await source.failedSync()).toMatchObject(NOT_PUBLIC);
    }
    expect(untouched.connections()).toBe(0);
  });

  test('to a URL other than HTTP is not followed', async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    const source = await created(document(`http://${ALLOWED}:${port}/`));
    expect(await source.failedSync()).toMatchObject({ type: 'UpstreamInvalid' });
  });
});

describe('a name', () => {
  test.each<[string, string]>([
    ['loopback', FORBIDDEN],
    ['loopback of IPv6', '::1'],
    ['a link-local address with its zone', 'fe80::fc:ff:fe00:1%eth0'],
    ['a metadata service', '169.254.169.254'],
  ])('that resolves to %s is not connected to', async (_, address) => {
    const resolve = names({ 'registry.example': [[address]] });
    const source = await created(registry(`https://registry.example:${untouched.port}`), { resolve });
    const failure = await source.failedSync();
    expect(failure).toMatchObject(NOT_PUBLIC);
    // The address of a name inside a network is confidential.
    expect(failure.message).not.toContain(address);
    expect(untouched.connections()).toBe(0);
  });

  test('that resolves to another address a moment later is checked at each connection, and connects to the checked address', async () => {
    let requests = 0;
    const port = await serveEncrypted(certificate, (_, response) => {
      requests += 1;
      const servers = [{ server: serverJson(`com.example/page-${requests}`) }];
      response.setHeader('connection', 'close').end(JSON.stringify({ servers, metadata: { nextCursor: 'more' } }));
    });
    const resolve = names({ 'registry.example': [[ALLOWED], [FORBIDDEN]] });
    const source = await created(registry(`https://registry.example:${port}`), { resolve });
    expect(await source.failedSync()).toMatchObject(NOT_PUBLIC);
    expect({ requests, lookups: resolve.asked.length }).toEqual({ requests: 1, lookups: 2 });
  });

  test('a check has the same limits', async () => {
    const port = await serveEncrypted(certificate, (_, response) => {
      response.writeHead(200, { etag: '"1"', connection: 'close' }).end(DOCUMENT);
    });
    const resolve = names({ 'registry.example': [[ALLOWED], [FORBIDDEN]] });
    const source = await created(document(`https://registry.example:${port}/`), { resolve });
    await source.sync();
    await expect(source.check()).rejects.toMatchObject(NOT_PUBLIC);
  });
});

describe('no part of an answer is quoted', () => {
  test.each<[string, number, string]>([
    ['with a server error', 500, 'password=hunter2'],
    ['with a refusal', 418, 'password=hunter2'],
    ['with text', 200, 'password=hunter2'],
    ['with YAML', 200, 'password: hunter2'],
    ['with JSON', 200, '{"password":"hunter2"}'],
    ['with a truncated answer', 200, '{"servers":[{"password":"hunter2'],
  ])('%s', async (_, status, body) => {
    const port = await serve((__, response) => response.writeHead(status).end(body));
    for (const origin of [document(`http://${ALLOWED}:${port}/x`), registry(`http://${ALLOWED}:${port}`)]) {
      const source = await created(origin);
      const failure = await source.failedSync();
      expect(`${failure.message}${failure.stack}`).not.toMatch(/hunter2|password/);
      expect(JSON.stringify(await source.row())).not.toMatch(/hunter2|password/);
    }
  });
});

describe('secrets', () => {
  let secrets: string;
  let received: (string | undefined)[];
  let endpoint: string;

  beforeEach(async () => {
    secrets = join(folder, 'secrets');
    await mkdir(join(secrets, '..data'), { recursive: true });
    await writeFile(join(secrets, '..data', 'token'), 'the-token\n');
    await writeFile(join(folder, 'outside'), 'hunter2\n');
    received = [];
    const port = await serve((request, response) => {
      received.push(request.headers.authorization);
      response.end(JSON.stringify({ servers: [{ server: serverJson('com.example/one') }] }));
    });
    endpoint = `http://${ALLOWED}:${port}`;
  });

  async function withToken(file: string): Promise<SourceUnderTest> {
    return await created(registry(endpoint, { bearerToken: { file } }), { secretsFolder: secrets });
  }

  test('are read in their folder, through links as Kubernetes mounts them', async () => {
    await symlink(join('..data', 'token'), join(secrets, 'token'));
    const source = await withToken(join(secrets, 'token'));
    expect(await source.sync()).toMatchObject({ outcome: 'changed' });
    // Servers, skills, and plugins.
    expect(received).toEqual(['Bearer the-token', 'Bearer the-token', 'Bearer the-token']);
  });

  test.each<[string, () => string | Promise<string>]>([
    ['outside the folder', () => join(folder, 'outside')],
    ['on a path out of the folder', () => `${secrets}/../outside`],
    ['through a link out of the folder', () => linkOut('link')],
    ['through a link of a folder', async () => join(await linkOut('all', folder), 'outside')],
    ['that do not exist', () => join(secrets, 'absent')],
  ])('%s are not read', async (_, path) => {
    const source = await withToken(await path());
    expect(await source.failedSync()).toMatchObject({ type: 'OutboundForbidden' });
    expect(received).toEqual([]);
  });

  async function linkOut(name: string, target = join(folder, 'outside')): Promise<string> {
    await symlink(target, join(secrets, name));
    return join(secrets, name);
  }

  test('in the environment are not read', async () => {
    const source = await created(registry(endpoint, { bearerToken: { environment: 'PATH' } }), {
      secretsFolder: secrets,
    });
    expect(await source.failedSync()).toMatchObject({ type: 'OutboundForbidden' });
    expect(received).toEqual([]);
  });
});

describe('the row in the database decides what a source is', () => {
  const ownFile = { kind: 'file', location: { path: '/etc/hostname' } } as const;

  test('limits apply to the definition in the database, not to one in a message', async () => {
    const source = await created({ kind: 'file', location: { data: DOCUMENT } });
    const foreign = { definition: { ...source.definition, origin: ownFile } };
    await source.sync(foreign as Partial<FetchInput>);
    expect(await source.served()).toEqual(['com.example/one@1.0.0']);
  });

  test('limits that were narrowed after the creation apply', async () => {
    const source = await created(document(`http://${ALLOWED}:1/`), { allow: [] });
    expect(await source.failedSync()).toMatchObject({ type: 'OutboundForbidden' });
  });
});
