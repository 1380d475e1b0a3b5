/** Checks whether this machine can reach the configured upstreams and identity providers. */
import { once } from 'node:events';
import { connect } from 'node:net';
import pino from 'pino';
import { ProviderClient } from '../../../api/access/tokens/provider-client.ts';
import type { Configuration, ProviderSettings } from '../../../config/model.ts';
import { kindOf } from '../../../sources/index.ts';
import { describeError } from '../../../telemetry/describe-error.ts';
import { type Finding, ok, problem } from '../finding.ts';

const CONNECTED_WITHIN_MS = 5_000;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80, 'ssh:': 22 };

export async function checkOutbound({ sources, auth }: Configuration): Promise<Finding[]> {
  const upstreams = sources.flatMap(({ name, origin }) => {
    const url = kindOf(origin).upstream?.(origin) ?? null;
    return url === null ? [] : [{ url, user: `source "${name}"` }];
  });
  const providers = auth.mode === 'anonymous' ? [] : auth.providers;
  const hosts = new Map<string, { readonly url: URL; readonly users: string[] }>();
  for (const { url, user } of upstreams) {
    const key = `${url.protocol}//${url.host}`;
    const known = hosts.get(key) ?? { url, users: [] };
    hosts.set(key, { url, users: [...known.users, user] });
  }
  if (hosts.size === 0 && providers.length === 0) return [ok('No source or identity provider has a URL to check')];
  return await Promise.all([
    ...[...hosts.values()].map(({ url, users }) => hostFinding(url, users)),
    ...providers.map(providerFinding),
  ]);
}

/** Opens a connection to the host, or to the proxy if requests go through one. */
async function hostFinding(url: URL, users: readonly string[]): Promise<Finding> {
  const proxy = proxyFor(url);
  const target = proxy ?? url;
  const host = target.hostname.replaceAll(/^\[|\]$/g, '');
  const port = Number(target.port) || (DEFAULT_PORTS[target.protocol] ?? 443);
  const through = proxy === null ? '' : `, the proxy for ${url.host},`;
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECTED_WITHIN_MS) });
    return ok(`${host}:${port}${through} can be reached for ${users.join(', ')}`);
  } catch (error) {
    const reason =
      error instanceof Error && error.name === 'AbortError' ? 'no answer within 5 s' : describeError(error);
    return problem(
      `${host}:${port}${through} can't be reached for ${users.join(', ')}: ${reason}`,
      'check DNS, firewalls, network policies, and HTTPS_PROXY and NO_PROXY of this process',
    );
  } finally {
    socket.destroy();
  }
}

/** Chooses the proxy like `EnvHttpProxyAgent`, which sends the requests of configured sources. SSH uses no proxy. */
function proxyFor({ protocol, hostname }: URL): URL | null {
  const { env } = process;
  const names = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(',').map((name) => name.trim().replace(/^[*.]+/, ''));
  if (names.some((name) => name !== '' && (hostname === name || hostname.endsWith(`.${name}`)))) return null;
  const variable =
    protocol === 'https:' ? (env['https_proxy'] ?? env['HTTPS_PROXY']) : protocol === 'http:' && env['http_proxy'];
  return variable ? URL.parse(variable) : null;
}

/** Sends the same request as the API, with the same certificates, credentials, and rules. */
async function providerFinding(settings: ProviderSettings): Promise<Finding> {
  const { name, issuerUrl, jwksUrl } = settings;
  const url = jwksUrl ?? `${issuerUrl.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const client = new ProviderClient(settings, pino({ level: 'silent' }));
  try {
    await client.ask({ url }, (answer) => answer);
    return ok(`The identity provider "${name}" answers at ${url}`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return problem(
      `The identity provider "${name}" can't be reached at ${url}: ${describeError(cause)}`,
      'check DNS, firewalls, and `issuerUrl`, `jwksUrl`, and `caCertPath` of the provider',
    );
  } finally {
    await client.close();
  }
}
