/** What a configuration file says, whichever generation it was written for: the one model that all parts read. */

import type { SslMode } from '../db/connection.ts';
import type { Claims } from '../registry/claims.ts';
import type { Role } from '../registry/roles.ts';
import type { SecretReference, SourceDefinition } from '../registry/source-definition.ts';

/** A registry that the file lists: the sources that it shows, in order of precedence. */
interface RegistryDefinition {
  /** Letters, digits, `.`, `_` and `-`; neither `v0` nor `v0.1`, which are parts of the API's paths. */
  readonly name: string;
  readonly sources: readonly string[];
  /** `public`: read without a token on the host where others need one. Default `protected`. */
  readonly access: 'protected' | 'public';
  /** What a caller must hold to read it. Absent: with `authz` only a superAdmin reads it, unless it is public. */
  readonly claims?: Claims;
}

/** A database password is the one secret that may stand in the file itself. */
export type DatabasePassword = SecretReference | { readonly value: string };

export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Reads and writes rows. Without a password: the PostgreSQL password file, see `connection.ts`. */
  readonly user: string;
  readonly password?: DatabasePassword;
  /** Changes the schema. Default: `user`. */
  readonly migrationUser?: string;
  /** Default: `password`. */
  readonly migrationPassword?: DatabasePassword;
  readonly sslMode: SslMode;
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  readonly connectionMaxLifetimeMs: number;
}

/** Absolute paths of PEM files; all absent: TLS with the system's certificate authorities. */
export interface TemporalTls {
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
}

export interface TemporalSettings {
  /** `host:port`; absent: `serve` starts a development server of its own. */
  readonly address?: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Absent: no TLS, unless there is an API key, which is never sent without it. */
  readonly tls?: TemporalTls;
  readonly apiKey?: SecretReference;
}

export interface TelemetrySettings {
  readonly enabled: boolean;
  readonly serviceName: string;
  readonly serviceVersion?: string;
  /** Of an OTLP collector over HTTP: `host:port`. */
  readonly endpoint: string;
  /** Speak HTTP instead of HTTPS to the collector. */
  readonly insecure: boolean;
  readonly tracing: {
    readonly enabled: boolean;
    /** The share of traces kept, above 0 up to 1. */
    readonly sampling: number;
  };
  readonly metrics: { readonly enabled: boolean };
}

export interface ServerSettings {
  /** `host:port` or `:port` of the public API. Default `:8080`; without a database of one's own `127.0.0.1:8080`. */
  readonly address: string;
  /** The same for health and readiness, which are not to be published. Port 8081. */
  readonly internalAddress: string;
  /** Addresses and CIDR ranges of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed. Default none. */
  readonly trustedProxies: readonly string[];
  /**
   * Host names under which clients reach the public API, in lower case. IP addresses and loopback names are known
   * without being listed. Absent: the hosts of `address` and of `auth.oauth.resourceUrl`.
   */
  readonly publicHosts?: readonly string[];
}

export interface LogSettings {
  /** The least severe messages that are logged. Default `info`; in the processes of `serve` `warn`. */
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

/** Who vouches for tokens. */
export interface ProviderSettings {
  readonly name: string;
  /** What the claim `iss` must be; without `jwksUrl` the keys are found by discovery from it. */
  readonly issuerUrl: string;
  /** What the claim `aud` must be or contain. */
  readonly audience: string;
  readonly jwksUrl?: string;
  /** RFC 7662, for tokens that are no JWT. */
  readonly introspectionUrl?: string;
  readonly clientId?: string;
  readonly clientSecret?: SecretReference;
  /** Certificate authorities (PEM) for requests to the provider. Default: those of the system. */
  readonly caFile?: string;
  /** A bearer token for requests to the provider, read anew for each. */
  readonly token?: SecretReference;
  /** Whether its URLs may lead to private, loopback and link-local addresses. Default false. */
  readonly allowPrivateIp: boolean;
  /** Scopes of tokens that carry no claim `scope` or `scp`, such as those of Kubernetes service accounts. Default none. */
  readonly scopes: readonly string[];
}

/** Who may publish which names: who holds the claims may publish what one of the globs matches. */
interface NamespaceRule {
  readonly claims: Claims;
  readonly names: readonly string[];
}

export interface AuthorizationSettings {
  /** Who holds all claims of one of the maps has the role. */
  readonly roles: Readonly<Record<Role, readonly Claims[]>>;
  /** Absent: whoever has the role may publish under any name. */
  readonly namespaces?: readonly NamespaceRule[];
}

export interface OAuthSettings {
  readonly mode: 'oauth';
  /** Paths that need no token, each with everything below it, beside those that never need one. */
  readonly publicPaths: readonly string[];
  /** The URL under which clients know this server (RFC 9728). Default: taken from the request. */
  readonly resourceUrl?: string;
  readonly realm: string;
  readonly scopesSupported: readonly string[];
  /** The scope that a token needs for changes. Default `mcp-registry:write`. */
  readonly writeScope: string;
  /** At least one; the one whose issuer a token names is asked. */
  readonly providers: readonly ProviderSettings[];
  /** Absent: everybody who has a token may do everything. */
  readonly authz?: AuthorizationSettings;
}

export type AuthSettings = { readonly mode: 'anonymous' } | OAuthSettings;

export interface AuditSettings {
  /** Default true where authentication is on. */
  readonly enabled: boolean;
  /** Where JSON lines go. Absent: to standard output. */
  readonly logFile?: string;
  /** Only these actions are recorded; absent: all. */
  readonly eventTypes?: readonly string[];
  readonly excludeEventTypes: readonly string[];
  /** Milliseconds that an event is kept in Postgres. Default 90 days. */
  readonly retentionMs: number;
}

/** What sources that were created through the API may reach. */
export interface OutboundSettings {
  /** Host names, addresses and CIDR ranges that are allowed although they are private, and `http` with them. */
  readonly allow: readonly string[];
  /** The folder that their secret files must be in. Absent: they may name none. */
  readonly secretsFolder?: string;
}

/** How many requests one caller, or one address, may make a minute. */
export interface RateLimitSettings {
  readonly writesPerMinute: number;
  readonly failedAuthenticationsPerMinute: number;
}

/** Where in the configuration something stands: in the file, or in an environment variable that overrides it. */
type ConfigurationPlace =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly variable: string };

/** Something to tell the operator about one place of the configuration. */
export type ConfigurationFinding = ConfigurationPlace & { readonly message: string };

export interface Configuration {
  /** The name of the default registry, which is served at the root. */
  readonly registryName: string;
  readonly sources: readonly SourceDefinition[];
  /**
   * The registries that the file lists. The default registry is the one named `registryName`; where none has that
   * name it holds all sources in order and is not in this list.
   */
  readonly registries: readonly RegistryDefinition[];
  /** Absent: `serve` starts a PostgreSQL server of its own. */
  readonly database?: DatabaseSettings;
  readonly temporal: TemporalSettings;
  readonly auth: AuthSettings;
  /** What entries of a source require of who reads them, by the source's name; claims of their own come first. */
  readonly sourceClaims: Readonly<Record<string, Claims>>;
  readonly audit: AuditSettings;
  readonly outbound: OutboundSettings;
  readonly rateLimits: RateLimitSettings;
  readonly telemetry?: TelemetrySettings;
  readonly server: ServerSettings;
  readonly log: LogSettings;
  readonly limits: {
    /** The largest publisher extension of a server.json that may be published, in bytes. */
    readonly publisherExtensionBytes: number;
  };
  /** What the configuration says that has no effect: to be shown at start, never passed over. */
  readonly notes: readonly ConfigurationFinding[];
}
