/** Parts of declarations that several groups of endpoints have. */
import 'zod-openapi';
import { writeHeaders } from '../http/idempotency-key.ts';
import { text } from '../http/values.ts';

const registryName = text.meta({ description: 'Name of the registry.', example: 'default' });
const serverName = text.meta({
  description: 'Name of the server. The slash should be encoded as `%2F`, but a plain slash is accepted too.',
  example: 'com.example/weather',
});
const version = text.meta({ description: 'Exact version, URL-encoded (`1.0.0%2Bbuild`).', example: '1.0.0' });

export const pathParameters = {
  registry: registryName,
  server: serverName,
  version,
  versionOrLatest: text.meta({ description: 'Exact version, URL-encoded, or `latest`.', example: 'latest' }),
} as const;

/** Writes to the managed source of a registry. */
export const managedWrite = {
  access: 'write',
  headers: writeHeaders,
  errors: [404, 409, 422, 501],
} as const;
