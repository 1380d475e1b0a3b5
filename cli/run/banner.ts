/** The summary that `serve` prints once everything is running. */
import { softwareVersion } from '../../telemetry/software-version.ts';
import type { AuthSettings, Configuration } from '../../config/model.ts';
import { isLoopback, localUrl } from '../../config/listen-address.ts';
import type { CompleteConfiguration } from './roles.ts';
import { roundedDuration } from '../terminal/time-text.ts';

export function banner(
  configuration: CompleteConfiguration,
  facts: { readonly dataDirectory: string | undefined; readonly startedInMs: number },
): string {
  const { server, temporal, temporalUiUrl } = configuration;
  const api = localUrl(server.address);
  const lines: [string, string | undefined][] = [
    ['Console', `${api}/console/`],
    ['Registry API', `${api}/v0.1/servers`],
    ['API reference', `${api}/docs`],
    ['Access', accessText(configuration.auth)],
    ['Web UI', temporalUiUrl && `${temporalUiUrl}/namespaces/${temporal.namespace}/workflows`],
    ['Data folder', facts.dataDirectory],
    ['Stop', 'Ctrl-C'],
  ];
  const shown = lines.filter(([, value]) => value !== undefined);
  return [
    '',
    `Rollcall ${softwareVersion().version} is running (ready after ${roundedDuration(facts.startedInMs)})`,
    '',
    ...shown.map(([name, value]) => `  ${name.padEnd(15)}${value}`),
    '',
  ].join('\n');
}

function accessText(auth: AuthSettings): string {
  if (auth.mode === 'anonymous') return 'anyone can do everything (auth.mode: anonymous)';
  const providers = auth.providers.map(({ name, issuerUrl }) => `${name} (${issuerUrl})`).join(', ');
  return `with a token from ${providers}${auth.authz === undefined ? '; any valid token allows everything' : ''}`;
}

/** The warning for anonymous mode on an address that other machines can reach. */
export function exposureWarning({ server, auth }: Pick<Configuration, 'server' | 'auth'>): string | undefined {
  if (auth.mode !== 'anonymous' || isLoopback(server.address)) return undefined;
  return `The API listens on ${server.address}, which other machines can reach, and auth.mode is anonymous: anyone who can reach it can publish, delete, and sync. Set auth.mode to oauth, or listen on 127.0.0.1.`;
}
