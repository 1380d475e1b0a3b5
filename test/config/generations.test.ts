import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { loadConfiguration } from '../../config/load.ts';
import { KUBERNETES_RESOURCES } from '../../registry/kubernetes/object.ts';
import { load, withFile } from './configuration-file.ts';

const ANONYMOUS = { THV_REGISTRY_AUTH_MODE: 'anonymous' };
const MINUTE = 60_000;
const POLICY = { maxRemoval: 0.5, deadlineMs: 15 * MINUTE };

const TOOLHIVE_REPOSITORY = {
  kind: 'git',
  repository: 'https://github.com/stacklok/toolhive.git',
  branch: 'main',
  path: 'pkg/registry/data/registry.json',
};

describe('one source with syncPolicy and filter next to it', () => {
  test('becomes a source, and a registry with the name of the default registry', async () => {
    const configuration = await load(
      `
# Registry name/identifier (optional, defaults to "default")
registryName: my-registry
source:
  type: git
  format: toolhive
  git:
    repository: https://github.com/stacklok/toolhive.git
    branch: main
    path: pkg/registry/data/registry.json
syncPolicy:
  interval: "30m"
filter:
  names:
    include: ["official/*"]
    exclude: ["*/deprecated"]
  tags:
    include: ["production"]
    exclude: ["experimental"]
database:
  host: localhost
  port: 5432
  user: registry
  passwordFile: /secrets/db-password
  database: registry
  sslMode: require
  maxOpenConns: 25
  maxIdleConns: 5
  connMaxLifetime: "5m"
`,
      ANONYMOUS,
    );
    expect(configuration).toEqual({
      registryName: 'my-registry',
      sources: [
        {
          name: 'my-registry',
          origin: TOOLHIVE_REPOSITORY,
          format: 'toolhive',
          filter: {
            names: { include: ['official/*'], exclude: ['*/deprecated'] },
            tags: { include: ['production'], exclude: ['experimental'] },
          },
          syncPolicy: { ...POLICY, intervalMs: 30 * MINUTE },
        },
      ],
      registries: [{ name: 'my-registry', sources: ['my-registry'], access: 'protected' }],
      sourceClaims: {},
      database: {
        host: 'localhost',
        port: 5432,
        user: 'registry',
        password: { file: '/secrets/db-password' },
        database: 'registry',
        sslMode: 'require',
        maxOpenConnections: 25,
        maxIdleConnections: 5,
        connectionMaxLifetimeMs: 5 * MINUTE,
      },
      temporal: { namespace: 'default', taskQueue: 'rollcall' },
      auth: { mode: 'anonymous' },
      audit: { enabled: false, excludeEventTypes: [], retentionMs: 90 * 24 * 60 * MINUTE },
      outbound: { allow: [] },
      rateLimits: { writesPerMinute: 600, failedAuthenticationsPerMinute: 30 },
      server: { address: ':8080', internalAddress: ':8081', maxStaleMs: 600_000, trustedProxies: [] },
      limits: { publisherExtensionBytes: 4096 },
      log: {},
      notes: [],
    });
  });

  test('is called `default` without a name', async () => {
    const { registryName, sources, registries } = await load(`
source: { type: file, file: { path: /data/registry.json } }
syncPolicy: { interval: 15m }
auth: { mode: anonymous }
`);
    expect(registryName).toBe('default');
    expect(sources.map(({ name }) => name)).toEqual(['default']);
    expect(registries).toEqual([{ name: 'default', sources: ['default'], access: 'protected' }]);
  });
});

describe('registries with a source in each', () => {
  test('the basic example: a file source without a syncPolicy', async () => {
    const { registryName, sources, registries, database } = await load(`
registryName: my-registry

registries:
  - name: local
    format: toolhive
    file:
      path: /data/registry.json

auth:
  mode: anonymous # Use "oauth" for production
`);
    expect(registryName).toBe('my-registry');
    expect(sources).toEqual([
      {
        name: 'local',
        format: 'toolhive',
        origin: { kind: 'file', location: { path: '/data/registry.json' } },
        syncPolicy: { ...POLICY, intervalMs: MINUTE },
      },
    ]);
    expect(registries).toEqual([{ name: 'local', sources: ['local'], access: 'protected' }]);
    expect(database).toBeUndefined();
  });

  test('the example with all of its comments enabled', async () => {
    const { sources, registries, database } = await load(
      `
registryName: my-registry
registries:
  - name: local
    format: toolhive
    file:
      path: /data/registry.json
  - name: toolhive
    format: toolhive
    git:
      repository: https://github.com/stacklok/toolhive.git
      branch: main
      path: pkg/registry/data/registry.json
    syncPolicy:
      interval: '30m'
auth:
  mode: oauth
database:
  host: localhost
  port: 5432
  user: registry
  database: registry
`,
      { ...ANONYMOUS, THV_REGISTRY_DATABASE_HOST: 'postgres.example.com' },
    );
    expect(sources.map(({ name, origin }) => [name, origin.kind])).toEqual([
      ['local', 'file'],
      ['toolhive', 'git'],
    ]);
    expect(sources[1]?.origin).toEqual(TOOLHIVE_REPOSITORY);
    expect(registries).toEqual([
      { name: 'local', sources: ['local'], access: 'protected' },
      { name: 'toolhive', sources: ['toolhive'], access: 'protected' },
    ]);
    expect(database).toMatchObject({ host: 'postgres.example.com', user: 'registry' });
    expect(database).not.toHaveProperty('password');
  });

  test('every kind of source, as in the Kubernetes guide', async () => {
    const { sources } = await load(`
auth:
  mode: anonymous
registries:
  - name: upstream
    format: upstream
    api:
      endpoint: https://registry.example.com
    syncPolicy:
      interval: '1h'
  - name: filtered
    format: toolhive
    git:
      repository: git@github.com:stacklok/toolhive.git
    filter:
      names: { include: ['official/*'], exclude: ['*/deprecated'] }
      tags: { include: [production], exclude: [experimental] }
    syncPolicy:
      interval: '30m'
  - name: internal
    format: upstream
    managed: {}
`);
    expect(sources.map(({ origin }) => origin)).toEqual([
      { kind: 'api', endpoint: 'https://registry.example.com', timeoutMs: 10_000, fullSyncEveryMs: 24 * 60 * MINUTE },
      { kind: 'git', repository: 'git@github.com:stacklok/toolhive.git', path: 'registry.json' },
      { kind: 'managed' },
    ]);
    expect(sources.map(({ syncPolicy }) => syncPolicy.intervalMs)).toEqual([60 * MINUTE, 30 * MINUTE, null]);
  });
});

describe('sources and registries that name them', () => {
  const FILE = `
sources:
  - name: official
    api:
      endpoint: https://registry.modelcontextprotocol.io/v0.1/servers
      timeout: 30s
      fullSyncEvery: 12h
      bearerTokenFile: secrets/token
      headers:
        X-Tenant: { file: /run/secrets/tenant }
        X-Region: { env: REGION }
    syncPolicy: { interval: 1h30m, maxRemoval: 20%, deadline: 2m }
  - name: catalog
    git:
      repository: https://git.example.com/catalog.git
      tag: v1
      commit: 0123456789abcdef0123456789abcdef01234567
      auth: { username: robot, passwordFile: secrets/git }
    syncPolicy: { interval: 5m }
  - name: over-ssh
    git:
      repository: ssh://git@git.example.com/catalog.git
      auth: { sshKeyFile: secrets/id, knownHostsFile: secrets/known }
    syncPolicy: { interval: 5m }
  - name: local-clone
    git: { repository: ./clone }
    syncPolicy: { interval: 5m }
  - name: download
    file: { url: https://example.com/registry.json, timeout: 5s }
    syncPolicy: { interval: 1m, maxRemoval: 1 }
  - name: watched
    file: { path: data/registry.yaml }
  - name: inline
    file:
      data: |
        {"servers": []}
  - name: published
    managed:
registries:
  - name: Team.A
    sources: [published, official]
  - name: all
    sources: [published, watched, official]
auth: { mode: anonymous }
registryName: all
temporal:
  address: temporal:7233
  namespace: mcp
  taskQueue: sync
  tls: { caFile: ca.pem, certificateFile: client.pem, keyFile: client.key, serverName: temporal.internal }
  apiKeyFile: secrets/temporal
telemetry:
  enabled: true
  endpoint: collector:4318
  insecure: true
  tracing: { enabled: true, sampling: 1 }
server:
  address: 0.0.0.0:9090
`;

  test('every key is read, and relative paths start at the folder of the file', async () => {
    await withFile(FILE, async (path, folder) => {
      const inFolder = (name: string): string => join(folder, name);
      const { sources, registries, registryName, temporal, telemetry, server } = await loadConfiguration(path, {});
      expect(sources).toEqual([
        {
          name: 'official',
          origin: {
            kind: 'api',
            endpoint: 'https://registry.modelcontextprotocol.io/v0.1/servers',
            timeoutMs: 30_000,
            fullSyncEveryMs: 12 * 60 * MINUTE,
            bearerToken: { file: inFolder('secrets/token') },
            headers: { 'X-Tenant': { file: '/run/secrets/tenant' }, 'X-Region': { environment: 'REGION' } },
          },
          syncPolicy: { intervalMs: 90 * MINUTE, maxRemoval: 0.2, deadlineMs: 2 * MINUTE },
        },
        {
          name: 'catalog',
          origin: {
            kind: 'git',
            repository: 'https://git.example.com/catalog.git',
            tag: 'v1',
            commit: '0123456789abcdef0123456789abcdef01234567',
            path: 'registry.json',
            auth: { username: 'robot', password: { file: inFolder('secrets/git') } },
          },
          syncPolicy: { ...POLICY, intervalMs: 5 * MINUTE },
        },
        {
          name: 'over-ssh',
          origin: {
            kind: 'git',
            repository: 'ssh://git@git.example.com/catalog.git',
            path: 'registry.json',
            auth: { sshKeyFile: inFolder('secrets/id'), knownHostsFile: inFolder('secrets/known') },
          },
          syncPolicy: { ...POLICY, intervalMs: 5 * MINUTE },
        },
        {
          name: 'local-clone',
          origin: { kind: 'git', repository: `file://${inFolder('clone')}`, path: 'registry.json' },
          syncPolicy: { ...POLICY, intervalMs: 5 * MINUTE },
        },
        {
          name: 'download',
          origin: { kind: 'file', location: { url: 'https://example.com/registry.json', timeoutMs: 5000 } },
          syncPolicy: { ...POLICY, intervalMs: MINUTE, maxRemoval: 1 },
        },
        {
          name: 'watched',
          origin: { kind: 'file', location: { path: inFolder('data/registry.yaml') } },
          syncPolicy: { ...POLICY, intervalMs: MINUTE },
        },
        {
          name: 'inline',
          origin: { kind: 'file', location: { data: '{"servers": []}\n' } },
          syncPolicy: { ...POLICY, intervalMs: null },
        },
        { name: 'published', origin: { kind: 'managed' }, syncPolicy: { ...POLICY, intervalMs: null } },
      ]);
      expect(registryName).toBe('all');
      expect(registries).toEqual([
        { name: 'Team.A', sources: ['published', 'official'], access: 'protected' },
        { name: 'all', sources: ['published', 'watched', 'official'], access: 'protected' },
      ]);
      expect(temporal).toEqual({
        address: 'temporal:7233',
        namespace: 'mcp',
        taskQueue: 'sync',
        tls: {
          caFile: inFolder('ca.pem'),
          certificateFile: inFolder('client.pem'),
          keyFile: inFolder('client.key'),
          serverName: 'temporal.internal',
        },
        apiKey: { file: inFolder('secrets/temporal') },
      });
      expect(telemetry).toEqual({
        enabled: true,
        serviceName: 'rollcall',
        endpoint: 'collector:4318',
        insecure: true,
        tracing: { enabled: true, sampling: 1 },
        metrics: { enabled: false, serverLookups: 0 },
      });
      // Neither the file nor a database says more about who can reach the internal port.
      expect(server).toMatchObject({ address: '0.0.0.0:9090', internalAddress: '127.0.0.1:8081' });
    });
  });

  describe('sources in Kubernetes', () => {
    const IN_KUBERNETES = `
sources:
  - name: cluster
    kubernetes:
  - name: team
    kubernetes:
      namespaces: [team-a, team-b]
      labelSelector: tier=gold
      kubeconfig: secrets/kubeconfig
      context: staging
      resources: [mcpservers.mcp.x-k8s.io]
    syncPolicy: { interval: 1m }
  - name: curated
    configMap: { name: registry-data, namespace: mcp }
    format: toolhive
auth: { mode: anonymous }
`;

    test('every key is read; all servers of all namespaces, and `registry.json`, are the default', async () => {
      const { sources } = await load(IN_KUBERNETES);
      expect(sources.map(({ origin }) => origin)).toEqual([
        { kind: 'kubernetes', content: { servers: { resources: [...KUBERNETES_RESOURCES] } } },
        {
          kind: 'kubernetes',
          kubeconfig: expect.stringMatching(/^\/.*\/secrets\/kubeconfig$/),
          context: 'staging',
          content: {
            servers: {
              namespaces: ['team-a', 'team-b'],
              labelSelector: 'tier=gold',
              resources: ['mcpservers.mcp.x-k8s.io'],
            },
          },
        },
        {
          kind: 'kubernetes',
          content: { configMap: { name: 'registry-data', namespace: 'mcp', key: 'registry.json' } },
        },
      ]);
      expect(sources.map(({ syncPolicy }) => syncPolicy.intervalMs)).toEqual([5 * MINUTE, MINUTE, 5 * MINUTE]);
    });

    test('THV_REGISTRY_WATCH_NAMESPACE names the namespaces of sources that name none', async () => {
      const { sources } = await load(IN_KUBERNETES, { THV_REGISTRY_WATCH_NAMESPACE: 'one, two' });
      expect(sources[0]?.origin).toMatchObject({ content: { servers: { namespaces: ['one', 'two'] } } });
      expect(sources[1]?.origin).toMatchObject({ content: { servers: { namespaces: ['team-a', 'team-b'] } } });
    });
  });

  test('registries are optional: the default registry shows all sources', async () => {
    const { registries, registryName } = await load(`
sources: [{ name: a, managed: {} }]
auth: { mode: anonymous }
`);
    expect([registries, registryName]).toEqual([[], 'default']);
  });

  test('a key without a value counts as absent, and anchors work', async () => {
    const { sources } = await load(`
sources:
  - name: first
    filter:
      # names: {}
    git: { repository: 'https://example.com/a.git' }
    syncPolicy: &policy { interval: 1m }
  - name: second
    git: { repository: 'https://example.com/b.git' }
    syncPolicy: { <<: *policy, deadline: 1m }
auth: { mode: anonymous }
`);
    expect(sources[0]).not.toHaveProperty('filter');
    expect(sources[1]?.syncPolicy).toMatchObject({ intervalMs: MINUTE, deadlineMs: MINUTE });
  });

  test('JSON is YAML', async () => {
    const { sources } = await load('{"sources": [{"name": "a", "managed": {}}], "auth": {"mode": "anonymous"}}');
    expect(sources).toHaveLength(1);
  });

  test('settings without effect are noted with their location', async () => {
    const { notes } = await load(`
sources:
  - name: a
    managed: {}
    claims: { team: [x] }
    syncPolicy: { interval: 1m }
auth:
  mode: anonymous
  oauth: { realm: x }
telemetry: { enabled: true, metrics: { enabled: true } }
audit: { includeRequestData: true, maxDataSize: 1024 }
`);
    expect(notes.map((note) => ['line' in note && note.line, note.message.split(':')[0]])).toEqual([
      [9, 'auth.oauth'],
      [5, 'sources[0].claims'],
      [6, 'sources[0].syncPolicy'],
      [11, 'audit.includeRequestData'],
    ]);
  });
});
