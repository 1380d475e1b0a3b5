/** An API that requires tokens of a provider, and registries with one server each. */
import pino from 'pino';
import type { OAuthSettings } from '../../../config/model.ts';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import type { Claims } from '../../../registry/claims.ts';
import { draft, source, sync } from '../../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../../environment.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { type RunningApi, startApi } from '../running-api.ts';

export interface TestRegistry {
  readonly name: string;
  readonly access?: 'protected' | 'public';
  readonly claims?: Claims;
}

export interface ProtectedApi extends RunningApi {
  /** The log so far, as JSON lines. */
  readonly log: () => string;
  /** Sends a request with a token, by default for a list of the default registry. */
  readonly withToken: (token: string, path?: string) => Promise<Response>;
}

export function oauth(provider: IdentityProvider, changes: Partial<OAuthSettings> = {}): OAuthSettings {
  return {
    mode: 'oauth',
    publicPaths: [],
    realm: 'mcp-registry',
    scopesSupported: ['mcp-registry:read', 'mcp-registry:write'],
    writeScope: 'mcp-registry:write',
    providers: [provider.settings()],
    ...changes,
  };
}

/** Each registry shows its own source with the server `com.example/<registry>`; the default one shows all. */
export async function createRegistries(...registries: readonly TestRegistry[]): Promise<TestDatabase> {
  const test = await createTestDatabase();
  const sources = [...new Set(['main', ...registries.map(({ name }) => name)])];
  await storeConfiguration(test.database, {
    sources: sources.map((name) => source(name)),
    registries: registries.map((registry) => ({ ...registry, sources: [registry.name] })),
    defaultRegistry: 'default',
  });
  for (const name of sources) {
    await sync(test.database, { sourceName: name, entries: [draft(`com.example/${name}`, '1.0.0')] });
  }
  return test;
}

export async function startProtectedApi(test: TestDatabase, auth: OAuthSettings): Promise<ProtectedApi> {
  const lines: string[] = [];
  const api = await startApi(test, { auth, logger: pino({ level: 'info' }, { write: (line) => lines.push(line) }) });
  return {
    ...api,
    log: () => lines.join(''),
    withToken: (token, path = '/v0.1/servers') => api.get(path, { headers: { authorization: `Bearer ${token}` } }),
  };
}

/** Everything that a test file needs to send requests with and without tokens. */
export interface ProtectedRegistries {
  readonly provider: IdentityProvider;
  readonly registries: TestDatabase;
  readonly api: ProtectedApi;
  readonly stop: () => Promise<void>;
}

export async function startProtectedRegistries(
  listed: readonly TestRegistry[],
  settings: Partial<OAuthSettings> = {},
): Promise<ProtectedRegistries> {
  const [provider, registries] = await Promise.all([startIdentityProvider(), createRegistries(...listed)]);
  const api = await startProtectedApi(registries, oauth(provider, settings));
  return {
    provider,
    registries,
    api,
    stop: async () => {
      await api.stop();
      await Promise.all([provider.stop(), registries.drop()]);
    },
  };
}
