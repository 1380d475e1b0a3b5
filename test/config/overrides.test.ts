import { describe, expect, test } from 'vitest';

import { faultsOf, load } from './configuration-file.ts';

const FILE = `
sources: [{ name: a, managed: {} }]
auth: { mode: oauth }
database: { host: localhost, user: registry, database: registry }
`;
const ANONYMOUS = { THV_REGISTRY_AUTH_MODE: 'anonymous' };

describe('a variable overrides', () => {
  test('a value in the file', async () => {
    const { auth, database } = await load(FILE, { ...ANONYMOUS, THV_REGISTRY_DATABASE_HOST: 'postgres.example.com' });
    expect(auth.mode).toBe('anonymous');
    expect(database?.host).toBe('postgres.example.com');
  });

  test('a value that the file doesn’t have, in the type of the setting', async () => {
    const { database, telemetry, server, temporal, log, registryName } = await load(FILE, {
      ...ANONYMOUS,
      THV_REGISTRY_REGISTRYNAME: 'main',
      THV_REGISTRY_DATABASE_PORT: '6432',
      THV_REGISTRY_DATABASE_MAXOPENCONNS: '7',
      THV_REGISTRY_DATABASE_CONNMAXLIFETIME: '90s',
      THV_REGISTRY_TELEMETRY_ENABLED: 'true',
      THV_REGISTRY_TELEMETRY_TRACING_SAMPLING: '0.5',
      THV_REGISTRY_SERVER_ADDRESS: ':9999',
      THV_REGISTRY_LOG_LEVEL: 'debug',
      THV_REGISTRY_TEMPORAL_ADDRESS: 'temporal:7233',
      THV_REGISTRY_TEMPORAL_TLS_SERVERNAME: 'temporal.internal',
    });
    expect(registryName).toBe('main');
    expect(database).toMatchObject({ port: 6432, maxOpenConnections: 7, connectionMaxLifetimeMs: 90_000 });
    expect(telemetry).toMatchObject({ enabled: true, tracing: { sampling: 0.5 } });
    expect(log.level).toBe('debug');
    expect(server).toMatchObject({ address: ':9999', internalAddress: ':8081' });
    expect(temporal).toMatchObject({ address: 'temporal:7233', tls: { serverName: 'temporal.internal' } });
  });

  test('the only source of the oldest form', async () => {
    const { sources } = await load('source: { type: git, git: { repository: "https://x.org/y" } }', {
      ...ANONYMOUS,
      THV_REGISTRY_SOURCE_GIT_BRANCH: '2025',
      THV_REGISTRY_SYNCPOLICY_INTERVAL: '5m',
      THV_REGISTRY_SYNCPOLICY_MAXREMOVAL: '0.1',
    });
    expect(sources[0]).toMatchObject({
      origin: { branch: '2025' },
      syncPolicy: { intervalMs: 300_000, maxRemoval: 0.1 },
    });
  });

  test('nothing if it is empty', async () => {
    const { database } = await load(FILE, { ...ANONYMOUS, THV_REGISTRY_DATABASE_HOST: '' });
    expect(database?.host).toBe('localhost');
  });
});

describe('a variable is refused', () => {
  test('under its own name if its value is wrong', async () => {
    expect(
      await faultsOf(FILE, {
        ...ANONYMOUS,
        THV_REGISTRY_DATABASE_PORT: 'many',
        THV_REGISTRY_DATABASE_SSLMODE: 'yes',
        THV_REGISTRY_TELEMETRY_ENABLED: 'maybe',
        THV_REGISTRY_LOG_LEVEL: 'verbose',
      }),
    ).toEqual([
      'THV_REGISTRY_DATABASE_PORT: database.port: expected a number, found text',
      'THV_REGISTRY_DATABASE_SSLMODE: database.sslMode: expected one of `disable`, `prefer`, `require`, `verify-ca`, `verify-full`',
      'THV_REGISTRY_TELEMETRY_ENABLED: telemetry.enabled: expected `true` or `false`, found text',
      'THV_REGISTRY_LOG_LEVEL: log.level: expected one of `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
    ]);
  });

  test('if there is no such setting', async () => {
    expect(
      await faultsOf(FILE, { ...ANONYMOUS, THV_REGISTRY_DATABSE_HOST: 'x', THV_REGISTRY_SOURCES_0_NAME: 'x' }),
    ).toEqual([
      'THV_REGISTRY_DATABSE_HOST: unknown setting, or a list (lists have no variables); did you mean `THV_REGISTRY_DATABASE_HOST`?',
      expect.stringMatching(/^THV_REGISTRY_SOURCES_0_NAME: unknown setting, or a list/),
    ]);
  });
});

test('variables with another meaning are ignored', async () => {
  const environment = {
    ...ANONYMOUS,
    PATH: '/bin',
    THV_REGISTRY_COMPRESS_RESPONSE: 'true',
    // Kubernetes sets these for a Service called thv-registry.
    THV_REGISTRY_SERVICE_HOST: '10.0.0.1',
    THV_REGISTRY_SERVICE_PORT_HTTP: '8080',
    THV_REGISTRY_PORT: 'tcp://10.0.0.1:8080',
    THV_REGISTRY_PORT_8080_TCP_ADDR: '10.0.0.1',
  };
  expect(await faultsOf(FILE, environment)).toEqual([]);
});

test('a setting inside something that isn’t a mapping is a fault of the file', async () => {
  const text = 'sources: [{ name: a, managed: {} }]\nauth: { mode: anonymous }\ndatabase: localhost';
  expect(await faultsOf(text, { THV_REGISTRY_DATABASE_HOST: 'x' })).toEqual([
    '3:11: database: expected a mapping, found text',
  ]);
});
