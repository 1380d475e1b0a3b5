import 'zod-openapi';
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
