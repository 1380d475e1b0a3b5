/** The configuration of docs/auth.md for service accounts, with the tokens of a real API server. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Configuration } from '../../config/model.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { type RunningApi, startApi } from '../api/running-api.ts';
import { load } from '../config/configuration-file.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { type RunningWorker, startWorker } from '../workflows/running-worker.ts';
import { askForPrograms } from './api-server.ts';
import { TestCluster } from './test-cluster.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

const AUDIENCE = 'https://registry.mcp.svc.cluster.local';
const DOCUMENT = readFileSync(new URL('../../docs/auth.md', import.meta.url), 'utf8');
const FILE = /### Service accounts[\s\S]*?```yaml\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? '';

describe.skipIf('missing' in programs)(`service accounts${because}`, () => {
  let cluster: TestCluster;
  let database: TestDatabase;
  let worker: RunningWorker;
  let api: RunningApi;

  beforeAll(async () => {
    if ('missing' in programs) return;
    cluster = await TestCluster.start(programs);
    await cluster.createNamespaces('engineering', 'engineering-ci', 'sales');
    await createAccounts('engineering/reader', 'engineering-ci/publisher', 'sales/default');
    const configuration = await load(inTestCluster(FILE));
    database = await createTestDatabase();
    await store(configuration);
    worker = await startWorker(database);
    api = await startApi(database, { temporal: worker.namespace, auth: configuration.auth });
  }, 120_000);

  afterAll(async () => {
    await api.stop();
    await worker.stop();
    await database.drop();
    await cluster.stop();
  }, 60_000);

  /** The addresses and files are those of this cluster; everything else is as documented. */
  function inTestCluster(file: string): string {
    const { issuer, certificate } = cluster.server;
    return file
      .replace(/issuerUrl: .*/, `issuerUrl: ${issuer}`)
      .replace(/jwksUrl: .*/, `jwksUrl: ${issuer}/openid/v1/jwks`)
      .replace(/caCertPath: .*/, `caCertPath: ${certificate}`)
      .replace(/authTokenFile: .*/, `authTokenFile: ${cluster.server.file('token')}`);
  }

  async function store({ sources, sourceClaims, registries, registryName }: Configuration): Promise<void> {
    const configuration = { sources, sourceClaims, registries, defaultRegistry: registryName };
    await storeConfiguration(database.database, configuration);
  }

  async function createAccounts(...accounts: readonly string[]): Promise<void> {
    for (const account of accounts) {
      const [namespace, name] = account.split('/');
      await cluster.server.do('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
        json: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      });
    }
  }

  /** Requests a token like the kubelet, for a projected volume. */
  async function tokenOf(account: string, audience = AUDIENCE): Promise<string> {
    const [namespace, name] = account.split('/');
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const { status } = await cluster.server.do('POST', path, {
      json: { spec: { audiences: [audience], expirationSeconds: 600 } },
    });
    return (status as { token: string }).token;
  }

  async function read(token: string): Promise<{ status: number; names: string[] }> {
    const response = await api.get('/registry/engineering/v0.1/servers', {
      headers: { authorization: `Bearer ${token}` },
    });
    const { servers = [] } = (await response.json()) as { servers?: { server: { name: string } }[] };
    return { status: response.status, names: servers.map(({ server }) => server.name) };
  }

  async function publish(token: string, name: string): Promise<number> {
    const response = await api.send('POST', '/registry/engineering/v0.1/publish', {
      headers: { authorization: `Bearer ${token}` },
      body: {
        $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
        name,
        description: 'Published from a pod',
        version: '1.0.0',
      },
    });
    return response.status;
  }

  test('publish and read what the claims of their namespace and name allow', async () => {
    const publisher = await tokenOf('engineering-ci/publisher');
    expect(await publish(publisher, 'com.example.engineering/search')).toBe(200);
    expect(await publish(publisher, 'com.example.sales/search')).toBe(403);
    const published = { status: 200, names: ['com.example.engineering/search'] };
    expect(await read(publisher)).toEqual(published);
    expect(await read(await tokenOf('engineering/reader'))).toEqual(published);
  });

  test('without the role publish nothing, although their tokens have the scope of the provider', async () => {
    expect(await publish(await tokenOf('engineering/reader'), 'com.example.engineering/other')).toBe(403);
  });

  test('of another namespace find no such registry', async () => {
    expect(await read(await tokenOf('sales/default'))).toEqual({ status: 404, names: [] });
  });

  test('with a token for another audience, such as the API server itself, are refused', async () => {
    for (const audience of ['https://other.mcp.svc.cluster.local', cluster.server.issuer]) {
      const token = await tokenOf('engineering-ci/publisher', audience);
      expect(await read(token)).toEqual({ status: 401, names: [] });
      expect(await publish(token, 'com.example.engineering/search')).toBe(401);
    }
  });
});
