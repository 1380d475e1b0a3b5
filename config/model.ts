/** What a configuration file says, whichever generation it was written for: the one model that all parts read. */

import type { SslMode } from '../db/connection.ts';
import type { SecretReference, SourceDefinition } from '../registry/source-definition.ts';

/** A registry that the file lists: the sources that it shows, in order of precedence. */
export interface RegistryDefinition {
  /** Letters, digits, `.`, `_` and `-`; neither `v0` nor `v0.1`, which are parts of the API's paths. */
  readonly name: string;
  readonly sources: readonly string[];
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
    /** The share of traces kept, above 0 up to 1. */ readonly sampling: number;
  };
  readonly metrics: { readonly enabled: boolean };
}

export interface ServerSettings {
  /** `host:port` or `:port` of the public API. Default `:8080`; without a database of one's own `127.0.0.1:8080`. */
  readonly address: string;
  /** The same for health, readiness and metrics, which are not to be published. Port 8081. */
  readonly internalAddress: string;
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
  readonly auth: { readonly mode: 'anonymous' };
  readonly telemetry?: TelemetrySettings;
  readonly server: ServerSettings;
  readonly limits: {
    /** The largest publisher extension of a server.json that may be published, in bytes. */
    readonly publisherExtensionBytes: number;
  };
  /** What the configuration says that has no effect: to be shown at start, never passed over. */
  readonly notes: readonly ConfigurationFinding[];
}
