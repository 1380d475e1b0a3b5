/** What `serve` says when everything runs. */
import { softwareVersion } from '../../api/software-version.ts';
import type { AuthSettings } from '../../config/model.ts';
import { isLoopback, localUrl } from './addresses.ts';
import type { CompleteConfiguration } from './roles.ts';
import { durationText } from '../terminal/time-text.ts';

export function banner(
  configuration: CompleteConfiguration,
  facts: { readonly dataDirectory: string | undefined; readonly startedInMs: number },
): string {
  const { server, temporal, temporalUiUrl } = configuration;
  const api = localUrl(server.address);
  const lines: [string, string | undefined][] = [
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
    `Rollcall ${softwareVersion(process.env).version} is running (ready after ${durationText(facts.startedInMs)})`,
    '',
    ...shown.map(([name, value]) => `  ${name.padEnd(15)}${value}`),
    '',
  ].join('\n');
}

function accessText(auth: AuthSettings): string {
  if (auth.mode === 'anonymous') return 'everybody may do everything (auth.mode is anonymous)';
  const providers = auth.providers.map(({ name, issuerUrl }) => `${name} (${issuerUrl})`).join(', ');
  return `with a token of ${providers}${auth.authz === undefined ? ', which may do everything' : ''}`;
}

/** In anonymous mode whoever reaches the API may do everything. */
export function exposureWarning({ server, auth }: CompleteConfiguration): string | undefined {
  if (auth.mode !== 'anonymous' || isLoopback(server.address)) return undefined;
  return `Warning: the API listens on ${server.address}, beyond this machine, and auth.mode is anonymous: whoever reaches it may publish, delete and sync.`;
}
