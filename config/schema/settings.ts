/** Schema of the settings that all generations of the file share. */

import { z } from 'zod';

import { AUDIT_ACTIONS } from '../../registry/audit.ts';
import { auth } from './access.ts';
import { mapping, refused, withRule } from './mapping.ts';
import {
  addressRange,
  duration,
  filePath,
  hostAndPort,
  hostName,
  hostOrAddressRange,
  listenAddress,
  port,
  text,
} from './scalars.ts';
import { didYouMean } from '../suggestion.ts';

const HOUR = 60 * 60_000;

const database = withRule(
  mapping({
    host: text.describe('Host name or address of the PostgreSQL server'),
    port: port.default(5432).describe('Default 5432'),
    database: text.describe('Name of the database'),
    user: text.describe('User that reads and writes rows'),
    password: text.exactOptional().describe('Password. Prefer passwordFile'),
    passwordFile: filePath.exactOptional().describe('File with the password'),
    migrationUser: text.exactOptional().describe('User that changes the schema. Default: user'),
    migrationPassword: text.exactOptional().describe('Password of migrationUser. Prefer migrationPasswordFile'),
    migrationPasswordFile: filePath.exactOptional().describe('File with the password of migrationUser'),
    sslMode: z
      .enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'])
      .default('require')
      .describe('Default require'),
    maxOpenConns: z.int().min(1).default(25).describe('Maximum number of open connections. Default 25'),
    maxIdleConns: z.int().min(0).default(5).describe('Maximum number of idle connections. Default 5'),
    connMaxLifetime: duration({ atLeastMs: 1000 })
      .default(5 * 60_000)
      .describe('Maximum age of a connection. Default 5m'),
    maxMetaSize: z
      .int()
      .min(1)
      .exactOptional()
      .describe('Maximum size of a published extension in bytes. Default 4096'),
    dynamicAuth: refused('dynamic database credentials are not supported: use `passwordFile`'),
  }),
  (settings, report) => {
    for (const key of ['password', 'migrationPassword']) {
      if (settings[key] !== undefined && settings[`${key}File`] !== undefined) {
        report([key], `is set twice: keep \`${key}File\``);
      }
    }
  },
);

const temporal = withRule(
  mapping({
    address: hostAndPort.exactOptional().describe('host:port of the Temporal frontend'),
    namespace: text.default('default').describe('Default `default`'),
    taskQueue: text.default('rollcall').describe('Default `rollcall`'),
    tls: withRule(
      mapping({
        caFile: filePath.exactOptional().describe("Certificate authorities (PEM). Default: the system's"),
        certificateFile: filePath.exactOptional().describe('Client certificate (PEM)'),
        keyFile: filePath.exactOptional().describe('Private key of the client certificate (PEM)'),
        serverName: text.exactOptional().describe('Expected host name of the server certificate'),
      }),
      ({ certificateFile, keyFile }, report) => {
        if (certificateFile !== undefined && keyFile === undefined) report(['keyFile'], 'is missing');
        if (certificateFile === undefined && keyFile !== undefined) report(['certificateFile'], 'is missing');
      },
    )
      .exactOptional()
      .describe('`{}` enables TLS'),
    apiKeyFile: filePath.exactOptional().describe('File with an API key, as for Temporal Cloud; enables TLS'),
    workerVersioning: z
      .boolean()
      .default(false)
      .describe('Workers take tasks only of their own version, once `rollcall worker-version set-current` has run'),
  }),
  ({ address, tls, apiKeyFile, workerVersioning }, report) => {
    const needsServer = tls !== undefined || apiKeyFile !== undefined || workerVersioning;
    if (address === undefined && needsServer) report(['address'], 'is missing');
  },
);

const telemetry = mapping({
  enabled: z.boolean().default(false),
  serviceName: text.default('rollcall').describe('Default `rollcall`'),
  serviceVersion: text.exactOptional().describe('Default: the version of Rollcall'),
  endpoint: hostAndPort.default('localhost:4318').describe('OTLP/HTTP collector. Default localhost:4318'),
  insecure: z.boolean().default(false).describe('Use HTTP instead of HTTPS'),
  tracing: mapping({
    enabled: z.boolean().default(false),
    sampling: z.number().gt(0).max(1).default(0.05).describe('Fraction of traces to keep. Default 0.05'),
  }).prefault({}),
  metrics: mapping({
    enabled: z.boolean().default(false).describe('Push metrics to the endpoint. /metrics is always available'),
    serverLookups: z
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .describe('How many servers are counted by name in rollcall_server_lookups_total. Default 0: off'),
  }).prefault({}),
});

/** Read events, which only ToolHive Registry Server records. A note says that they have no effect here. */
export const READ_ACTION = /^(?:[a-z.]+\.(?:list|read)|user\.info)$/;

const describeUnknownAction: z.core.$ZodErrorMap = ({ input }) =>
  typeof input === 'string' ? `unknown event type${didYouMean(input, AUDIT_ACTIONS)}` : undefined;

const auditAction = z.union([z.enum(AUDIT_ACTIONS), z.string().regex(READ_ACTION, { error: describeUnknownAction })], {
  error: describeUnknownAction,
});

const audit = mapping({
  enabled: z.boolean().exactOptional().describe('Default: on if authentication is on'),
  logFile: filePath.exactOptional().describe('File for JSON lines. Default: standard output'),
  eventTypes: z.array(auditAction).exactOptional().describe('Event types to record. Default: all'),
  excludeEventTypes: z
    .array(auditAction)
    .default([])
    .describe('Event types not to record; takes precedence over eventTypes'),
  includeRequestData: z.boolean().exactOptional().describe('Has no effect: events never contain request data'),
  maxDataSize: z.int().min(0).exactOptional().describe('Has no effect'),
  retention: duration({ atLeastMs: 24 * HOUR })
    .default(90 * 24 * HOUR)
    .describe('How long events are kept in the database, at least 24h. Default 2160h'),
});

const outbound = mapping({
  allow: z
    .array(hostOrAddressRange)
    .default([])
    .describe('Private hosts, addresses, and ranges that sources created through the API may reach'),
  secretsFolder: filePath.exactOptional().describe('Folder of secret files that such sources may use. Default: none'),
  trustedRoot: filePath
    .exactOptional()
    .describe('File with the keys of Sigstore, trusted_root.json. Default: the public keys, downloaded from Sigstore'),
  readPackages: z
    .boolean()
    .default(true)
    .describe('Read the files and signatures of the packages that skills and plugins name. Default true'),
});

const perMinute = z.int().min(1);

const rateLimits = mapping({
  writesPerMinute: perMinute.default(600).describe('Changes per caller and minute. Default 600'),
  failedAuthenticationsPerMinute: perMinute.default(30).describe('Refused tokens per address and minute. Default 30'),
});

const log = mapping({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .exactOptional()
    .describe('Minimum level of log messages. Default info; for `serve` on a terminal warn'),
  format: z
    .enum(['json', 'text'])
    .exactOptional()
    .describe('JSON lines, or readable text. Default text on a terminal, otherwise json'),
});

const server = mapping({
  address: listenAddress.exactOptional().describe('Listen address of the API, host:port or :port. Default :8080'),
  internalAddress: listenAddress
    .exactOptional()
    .describe('Listen address of probes and metrics of the API. Default :8081'),
  workerInternalAddress: listenAddress
    .exactOptional()
    .describe('Listen address of probes and metrics of the worker. Default: the port after internalAddress, 8082'),
  drainDelay: duration({ atLeastMs: 0, atMostMs: 5 * 60_000 })
    .exactOptional()
    .describe('How long a stopping API still answers, while it is not ready. Default 5s; 0s on loopback addresses'),
  maxStale: duration({ atLeastMs: 0 })
    .default(10 * 60_000)
    .describe('How long cached pages are served while the database is unavailable. Default 10m'),
  trustedProxies: z
    .array(addressRange)
    .default([])
    .describe('Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Host are trusted. Default: none'),
  publicHosts: z
    .array(hostName)
    .exactOptional()
    .describe('Host names that clients use for the API. Default: the hosts of address and of auth.oauth.resourceUrl'),
});

export const settings = {
  auth,
  database: database.exactOptional(),
  temporal: temporal.prefault({}),
  telemetry: telemetry.exactOptional(),
  audit: audit.prefault({}),
  outbound: outbound.prefault({}),
  rateLimits: rateLimits.prefault({}),
  server: server.prefault({}),
  log: log.prefault({}),
};
