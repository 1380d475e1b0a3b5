/** Converts the written access settings to the model. */

import { resolve } from 'node:path';

import { defined } from '../registry/json.ts';
import type { AuditSettings, AuthSettings, ConsoleClient, OutboundSettings, ProviderSettings } from './model.ts';
import type { SourcesFile } from './schema/file.ts';
import { secretFile } from './settings.ts';

export function authSettings(written: SourcesFile['auth'], folder: string): AuthSettings {
  const { mode, oauth, publicPaths, authz } = written;
  if (mode === 'anonymous') return { mode };
  // The schema rejects this. Fail closed if the schema ever changes.
  if (oauth?.providers === undefined) throw new Error('auth.mode is oauth, but there are no providers');
  const { realm, writeScope, scopesSupported = ['mcp-registry:read', writeScope], resourceUrl } = oauth;
  return {
    mode,
    publicPaths,
    realm,
    scopesSupported,
    writeScope,
    providers: oauth.providers.map((provider) => providerSettings(provider, folder)),
    ...defined({
      resourceUrl,
      authz,
      sessionSecret: secretFile(folder, oauth.sessionSecretFile),
    }),
  };
}

type WrittenProvider = NonNullable<NonNullable<SourcesFile['auth']['oauth']>['providers']>[number];

function providerSettings(written: WrittenProvider, folder: string): ProviderSettings {
  const { clientSecretFile, caCertPath, authTokenFile, allowPrivateIP, console: client, ...rest } = written;
  return {
    ...rest,
    allowPrivateIp: allowPrivateIP,
    ...defined({
      clientSecret: secretFile(folder, clientSecretFile),
      token: secretFile(folder, authTokenFile),
      caFile: caCertPath && resolve(folder, caCertPath),
      console: client && consoleClient(client, folder),
    }),
  };
}

function consoleClient(written: NonNullable<WrittenProvider['console']>, folder: string): ConsoleClient {
  const { clientSecretFile, ...rest } = written;
  return { ...rest, ...defined({ clientSecret: secretFile(folder, clientSecretFile) }) };
}

/** Auditing is on by default when authentication is on. */
export function auditSettings({ audit, auth }: Pick<SourcesFile, 'audit' | 'auth'>, folder: string): AuditSettings {
  const { enabled = auth.mode === 'oauth', logFile, eventTypes, excludeEventTypes, retention } = audit;
  return {
    enabled,
    excludeEventTypes,
    retentionMs: retention,
    ...defined({ eventTypes, logFile: logFile && resolve(folder, logFile) }),
  };
}

export function outboundSettings(outbound: SourcesFile['outbound'], folder: string): OutboundSettings {
  const { allow, secretsFolder, trustedRoot, readPackages } = outbound;
  const files = {
    secretsFolder: secretsFolder && resolve(folder, secretsFolder),
    trustedRoot: trustedRoot && resolve(folder, trustedRoot),
  };
  return { allow, ...defined(files), ...(!readPackages && { readPackages }) };
}
