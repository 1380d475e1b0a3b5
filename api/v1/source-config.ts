/** A source's definition in the words in which it is written. */
import { durationText } from '../../config/duration.ts';
import type {
  ApiOrigin,
  FileOrigin,
  GitOrigin,
  KubernetesOrigin,
  SecretReference,
  SourceOrigin,
} from '../../registry/source-definition.ts';

/** What stands below the kind of the source. */
export function sourceConfig(origin: SourceOrigin): Record<string, unknown> {
  switch (origin.kind) {
    case 'git':
      return gitConfig(origin);
    case 'api':
      return apiConfig(origin);
    case 'file':
      return fileConfig(origin.location);
    case 'kubernetes':
      return kubernetesConfig(origin);
    case 'managed':
      break;
  }
  return {};
}

function gitConfig(origin: GitOrigin): Record<string, unknown> {
  const { kind: _, auth, ...written } = origin;
  if (auth === undefined) return written;
  return { ...written, auth: 'username' in auth ? passwordConfig(auth) : auth };
}

function passwordConfig({ username, password }: { username: string; password: SecretReference }): object {
  return { username, ...('file' in password && { passwordFile: password.file }) };
}

function apiConfig({ endpoint, headers, bearerToken, timeoutMs, fullSyncEveryMs }: ApiOrigin): Record<string, unknown> {
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

function fileConfig(location: FileOrigin['location']): Record<string, unknown> {
  if (!('url' in location)) return location;
  return { url: location.url, timeout: durationText(location.timeoutMs) };
}

function kubernetesConfig(origin: KubernetesOrigin): Record<string, unknown> {
  const { kind: _, content, ...access } = origin;
  return 'servers' in content ? { ...access, ...content.servers } : { ...access, configMap: content.configMap };
}
