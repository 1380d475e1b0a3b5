/** Costs that must not grow with the source: requests to its upstream, and rows written. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsWrittenBy, type RowsWritten } from '../db/rows-written.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';
import { RegistryUpstream } from '../upstreams/registry-upstream.ts';
import { envelope, serverJson } from './server-documents.ts';
import { SourceUnderTest } from './source-under-test.ts';

const SERVERS = 300;

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});

/** A source of 300 servers, each with a warning, and its upstream. */
interface Sourced {
  readonly source: SourceUnderTest;
  /** Changes the description of one server. */
  readonly changeOne: () => Promise<unknown>;
  /** Requests to the upstream so far. */
  readonly requests: () => number;
  readonly stop: () => Promise<unknown>;
}

function servers(changed: boolean): Record<string, unknown>[] {
  return Array.from({ length: SERVERS }, (_, index) =>
    serverJson(`com.example/server-${String(index).padStart(3, '0')}`, '1.0.0', {
      repository: {},
      ...(changed && index === 150 && { description: 'Something else' }),
    }),
  );
}

async function fileSource(): Promise<Sourced> {
  let requests = 0;
  let changed = false;
  const server = createServer((request, response) => {
    requests += 1;
    const etag = `"${changed}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(envelope(servers(changed)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry.json`;
  return {
    source: await SourceUnderTest.of(testDatabase.database, { kind: 'file', location: { url, timeoutMs: 5_000 } }),
    changeOne: async () => (changed = true),
    requests: () => requests,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function gitSource(): Promise<Sourced> {
  const root = await mkdtemp(join(tmpdir(), 'what-syncs-cost-'));
  const repository = await GitRepository.create(root, 'servers.git');
  const commit = async (changed: boolean): Promise<unknown> =>
    await repository.commit({ 'registry.json': envelope(servers(changed)) });
  await commit(false);
  const server = await startGitHttp({ root });
  return {
    source: await SourceUnderTest.of(testDatabase.database, {
      kind: 'git',
      repository: server.url('servers.git'),
      path: 'registry.json',
    }),
    changeOne: async () => await commit(true),
    requests: () => server.requests.length,
    stop: async () => {
      await server.close();
      await rm(root, { recursive: true });
    },
  };
}

async function apiSource(): Promise<Sourced> {
  const upstream = await RegistryUpstream.start();
  const long = new Date(Date.now() - 3_600_000).toISOString();
  for (const server of servers(false)) upstream.items.push({ server, updatedAt: long });
  return {
    source: await SourceUnderTest.of(testDatabase.database, {
      kind: 'api',
      endpoint: upstream.url,
      timeoutMs: 5_000,
      fullSyncEveryMs: 86_400_000,
    }),
    changeOne: async () => {
      upstream.items[150] = { server: servers(true)[150]!, updatedAt: new Date().toISOString() };
    },
    requests: () => upstream.requests.length,
    stop: async () => await upstream.close(),
  };
}

describe.each([
  // Each check and sync sends one conditional request.
  { kind: 'file', begin: fileSource, requests: { check: 1, nothingNew: 1, oneChanged: 1 } },
  // One request for the branches; for a change two more, and the commit, its trees, and the one file.
  { kind: 'git', begin: gitSource, requests: { check: 2, nothingNew: 2, oneChanged: 7 } },
  // One request for the changes.
  { kind: 'api', begin: apiSource, requests: { check: 1, nothingNew: 1, oneChanged: 1 } },
])('a $kind source', ({ begin, requests }) => {
  let sourced: Sourced;
  beforeAll(async () => {
    sourced = await begin();
    await sourced.source.sync();
    await sourced.source.sync();
  });
  afterAll(async () => {
    await sourced.stop();
  });

  async function costOf(work: () => Promise<unknown>): Promise<{ asked: number; written: RowsWritten }> {
    const before = sourced.requests();
    const written = await rowsWrittenBy(testDatabase.database, work);
    return { asked: sourced.requests() - before, written };
  }
  const served = ({ entry, server_owner, registry, sync_finding }: RowsWritten): Partial<RowsWritten> => ({
    entry,
    server_owner,
    registry,
    sync_finding,
  });

  test('gets few requests from a check, which writes nothing', async () => {
    const { asked, written } = await costOf(async () => expect(await sourced.source.check()).toBe('nothing'));
    expect(asked).toBeLessThanOrEqual(requests.check);
    expect(Object.values(written).every((rows) => rows === 0)).toBe(true);
  });

  test('gets few requests from a sync that finds nothing new, which writes nothing that is served', async () => {
    const { asked, written } = await costOf(() => sourced.source.sync());
    expect(asked).toBeLessThanOrEqual(requests.nothingNew);
    expect(served(written)).toEqual({ entry: 0, server_owner: 0, registry: 0, sync_finding: 0 });
  });

  test('gets one new row in each table for one changed server', async () => {
    await sourced.changeOne();
    const { asked, written } = await costOf(async () =>
      expect(await sourced.source.sync()).toMatchObject({ counts: { added: 0, changed: 1, removed: 0 } }),
    );
    expect(asked).toBeLessThanOrEqual(requests.oneChanged);
    expect(served(written)).toMatchObject({ entry: 1, server_owner: 1, registry: 1 });
    // Known warnings are not written again; an api source sends one server, which has two warnings.
    expect(written.sync_finding).toBeLessThanOrEqual(2);
  });

  test('still shows the warnings about its servers', async () => {
    const findings = await sourced.source.findings();
    expect(findings[0]).toMatchObject({
      severity: 'warning',
      location: expect.stringMatching(/^(line \d+, column \d+|page \d+, entry \d+)$/),
      reason: expect.stringContaining('repository'),
    });
  });
});
