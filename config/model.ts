/**
 * The configuration model that all parts of Rollcall read, whatever the generation of the file. Sections that are read as
 * they are written have the types of their schemas, which describe each setting.
 */

import type { SslMode } from '../db/connection/database.ts';
import type { Claims } from '../registry/claims.ts';
import type { SecretReference, SourceDefinition } from '../registry/source-definition.ts';
import type { SourcesFile } from './schema/file.ts';

/** A registry in the file, with its sources in order of precedence. */
type RegistryDefinition = NonNullable<SourcesFile['registries']>[number];

/** Database passwords are the only secrets allowed in the file itself. */
export type DatabasePassword = SecretReference | { readonly value: string };

export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The application user, which reads and writes rows. Without a password, the PostgreSQL password file is used. */
  readonly user: string;
  readonly password?: DatabasePassword;
  /** The migration user, which changes the schema. Default: `user`. */
  readonly migrationUser?: string;
  /** Default: `password`. */
  readonly migrationPassword?: DatabasePassword;
  readonly sslMode: SslMode;
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  readonly connectionMaxLifetimeMs: number;
}

/** Absolute paths of PEM files. If all are absent: TLS with the system's certificate authorities. */
export interface TemporalTls {
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
}

export interface TemporalSettings {
  /** `host:port`. If it is absent, `serve` starts a development server. */
  readonly address?: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** If it is absent, TLS is off, unless there is an API key, which is never sent without TLS. */
  readonly tls?: TemporalTls;
  readonly apiKey?: SecretReference;
  /** Worker Deployment Versioning: see temporal/worker-versions.ts. */
  readonly workerVersioning?: true;
}

export type TelemetrySettings = NonNullable<SourcesFile['telemetry']>;

type WrittenServer = SourcesFile['server'];

/** `address` is for the public API; `internalAddress` is for probes and metrics and must not be published. */
export interface ServerSettings extends Omit<WrittenServer, 'maxStale' | 'drainDelay'> {
  /** Default `:8080`; with the embedded database `127.0.0.1:8080`. */
  readonly address: string;
  /** The internal address of an `api`. Default port 8081. */
  readonly internalAddress: string;
  /** Milliseconds that a stopping `api` still answers as before. Default: 5 s, and 0 on loopback addresses. */
  readonly drainDelayMs?: number;
  /** Milliseconds that cached pages are served for while the database is unavailable. Default 10 min. */
  readonly maxStaleMs: number;
}

/** The defaults depend on the command and on whether the output is a terminal. */
export type LogSettings = SourcesFile['log'];

type WrittenProvider = NonNullable<NonNullable<SourcesFile['auth']['oauth']>['providers']>[number];

/** An identity provider. Paths are absolute, and files with secrets are read for each request. */
export interface ProviderSettings extends Omit<
  WrittenProvider,
  'clientSecretFile' | 'caCertPath' | 'authTokenFile' | 'allowPrivateIP' | 'console'
> {
  readonly clientSecret?: SecretReference;
  readonly caFile?: string;
  /** Bearer token for requests to the provider. */
  readonly token?: SecretReference;
  readonly allowPrivateIp: boolean;
  /** If it is absent, users can't sign in to the console with this provider. */
  readonly console?: ConsoleClient;
}

/** The console as a client of an identity provider. */
export interface ConsoleClient extends Omit<NonNullable<WrittenProvider['console']>, 'clientSecretFile'> {
  /** If it is absent, the console is a public client. */
  readonly clientSecret?: SecretReference;
}

export type AuthorizationSettings = NonNullable<SourcesFile['auth']['authz']>;

export interface OAuthSettings {
  readonly mode: 'oauth';
  /** Paths that need no token, including everything below them, in addition to those that never need one. */
  readonly publicPaths: readonly string[];
  /** The URL that clients use for this server (RFC 9728). Default: taken from the request. */
  readonly resourceUrl?: string;
  readonly realm: string;
  readonly scopesSupported: readonly string[];
  /** Scope required for changes. Default `mcp-registry:write`. */
  readonly writeScope: string;
  /** Secrets that seal the cookies of the console, one per line. Default: generated secrets in Postgres. */
  readonly sessionSecret?: SecretReference;
  /** At least one provider. The issuer of a token selects its provider. */
  readonly providers: readonly ProviderSettings[];
  /** If it is absent, any valid token allows everything. */
  readonly authz?: AuthorizationSettings;
}

export type AuthSettings = { readonly mode: 'anonymous' } | OAuthSettings;

export interface AuditSettings {
  /** Default: true if authentication is on. */
  readonly enabled: boolean;
  /** File for JSON lines. Default: standard output. */
  readonly logFile?: string;
  /** Actions to record. Default: all. */
  readonly eventTypes?: readonly string[];
  readonly excludeEventTypes: readonly string[];
  /** How long events are kept in Postgres, in milliseconds. Default 90 days. */
  readonly retentionMs: number;
}

/** Limits of sources created through the API, and settings for requests of syncs to other hosts. */
export interface OutboundSettings {
  /** Private host names, addresses, and CIDR ranges that are allowed, also over plain HTTP. */
  readonly allow: readonly string[];
  /** The folder that must contain their secret files. If it is absent, they can't use secret files. */
  readonly secretsFolder?: string;
  /** File with the keys of Sigstore (`trusted_root.json`). Default: the public keys, downloaded from Sigstore. */
  readonly trustedRoot?: string;
  /** Whether the packages that skills and plugins name are read. Default true. */
  readonly readPackages?: boolean;
}

/** Rate limits per caller and per address. */
export type RateLimitSettings = SourcesFile['rateLimits'];

/** A place in the configuration: in the file, or in an environment variable that overrides it. */
type ConfigurationPlace =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly variable: string };

/** A message for the operator about one place in the configuration. */
export type ConfigurationFinding = ConfigurationPlace & { readonly message: string };

export interface Configuration {
  /** Name of the default registry, which is served at the root. */
  readonly registryName: string;
  readonly sources: readonly SourceDefinition[];
  /**
   * The registries in the file. The default registry is the one named `registryName`. If none has that name, the default
   * registry serves all sources in order and isn't in this list.
   */
  readonly registries: readonly RegistryDefinition[];
  /** If it is absent, `serve` starts its own PostgreSQL server. */
  readonly database?: DatabaseSettings;
  readonly temporal: TemporalSettings;
  readonly auth: AuthSettings;
  /** Claims that readers of a source's entries must hold, by source name. Claims of an entry take precedence. */
  readonly sourceClaims: Readonly<Record<string, Claims>>;
  readonly audit: AuditSettings;
  readonly outbound: OutboundSettings;
  readonly rateLimits: RateLimitSettings;
  readonly telemetry?: TelemetrySettings;
  readonly server: ServerSettings;
  readonly log: LogSettings;
  readonly limits: {
    /** Maximum size of the publisher extension of a published server.json, in bytes. */
    readonly publisherExtensionBytes: number;
  };
  /** Settings without effect, shown at startup. */
  readonly notes: readonly ConfigurationFinding[];
}
