/** The configuration of an API source, and its stored definition. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { durationText } from '../../config/duration.ts';
import { mapping, withRule } from '../../config/schema/mapping.ts';
import { duration, filePath, httpUrl, MAX_ITEMS, nonEmpty, text, TOO_MANY } from '../../config/schema/scalars.ts';
import type { Surroundings } from '../../config/settings.ts';
import { isJsonObject } from '../../registry/json.ts';
import type { SecretReference } from '../../registry/source-definition.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export type ApiOrigin = {
  readonly kind: 'api';
  /** The base URL as users write it, with or without `/v0.1`, `/v0.1/servers`, or a trailing slash. */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, SecretReference>>;
  readonly bearerToken?: SecretReference;
  /** Timeout of one request, in milliseconds. Default 10 s. */
  readonly timeoutMs: number;
  /** Milliseconds between two full syncs; other syncs only ask for changes. Default 24 h. */
  readonly fullSyncEveryMs: number;
};

const secretReference = withRule(
  mapping({
    file: filePath.exactOptional().describe('File that holds the value'),
    env: text.exactOptional().describe('Environment variable that holds the value'),
  }),
  ({ file, env }, report) => {
    if ((file === undefined) === (env === undefined)) report([], 'expected either `file` or `env`');
  },
);

export const schema = withRule(
  mapping({
    endpoint: httpUrl('use `bearerTokenFile` or `headers`').describe(
      'URL of a registry, with or without /v0.1/servers at its end',
    ),
    timeout: duration({ atLeastMs: 1, atMostMs: 5 * MINUTE })
      .default(10_000)
      .describe('Timeout of one request. Default 10s'),
    headers: z
      .record(nonEmpty(255).regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is not the name of an HTTP header'), secretReference)
      .refine((headers) => Object.keys(headers).length <= MAX_ITEMS, TOO_MANY)
      .exactOptional()
      .describe('Headers to send, each read from a file or an environment variable'),
    bearerTokenFile: filePath.exactOptional().describe('File that holds a bearer token'),
    fullSyncEvery: duration({ atLeastMs: 1000 })
      .default(24 * HOUR)
      .describe('Time between two full syncs; other syncs only ask for changes. Default 24h'),
  }),
  ({ headers, bearerTokenFile }, report) => {
    if (bearerTokenFile === undefined || !isJsonObject(headers)) return;
    for (const name of Object.keys(headers)) {
      if (name.toLowerCase() === 'authorization') report(['headers', name], 'is already set by `bearerTokenFile`');
    }
  },
);

export type Written = z.output<typeof schema>;

export function originOf(api: Written, { folder }: Surroundings): ApiOrigin {
  const headers = Object.entries(api.headers ?? {}).map(([name, { file, env = '' }]): [string, SecretReference] => [
    name,
    file === undefined ? { environment: env } : { file: resolve(folder, file) },
  ]);
  return {
    kind: 'api',
    endpoint: api.endpoint,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(api.bearerTokenFile !== undefined && { bearerToken: { file: resolve(folder, api.bearerTokenFile) } }),
    timeoutMs: api.timeout,
    fullSyncEveryMs: api.fullSyncEvery,
  };
}

export function written({
  endpoint,
  headers,
  bearerToken,
  timeoutMs,
  fullSyncEveryMs,
}: ApiOrigin): Record<string, unknown> {
  return {
    endpoint,
    timeout: durationText(timeoutMs),
    fullSyncEvery: durationText(fullSyncEveryMs),
    ...(headers !== undefined && { headers: Object.fromEntries(Object.entries(headers).map(headerConfig)) }),
    ...(bearerToken !== undefined && 'file' in bearerToken && { bearerTokenFile: bearerToken.file }),
  };
}

function headerConfig([name, secret]: [string, SecretReference]): [string, object] {
  return [name, 'file' in secret ? secret : { env: secret.environment }];
}
