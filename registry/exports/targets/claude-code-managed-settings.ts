import { allowEach, matcherOf } from '../identities.ts';
import { labelOf } from '../label.ts';
import { bothReports, provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { NO_VARIABLES } from '../syntax.ts';
import { LeftOut, type Target } from '../target.ts';
import { writerOf } from '../writers.ts';

const write = writerOf(NO_VARIABLES, { httpsOnly: true });

export const claudeCodeManagedSettings: Target = {
  id: 'claude-code-managed-settings',
  title: 'Claude Code: managed settings',
  documentation: 'https://code.claude.com/docs/en/managed-mcp',
  fileName: 'managed-settings.json',
  contentType: 'application/json',
  modes: ['provide', 'allow', 'both'],
  limits: [
    'managedMcpServers supports only remote servers over https, without ${…}: servers with per-user secrets in headers are left out.',
    'managedMcpServers needs Claude Code 2.1.259 or later.',
    'allowedMcpServers compares a command word by word, so a server whose arguments each user fills in is left out.',
  ],
  render: (catalog, { mode, versions }) => {
    const allowance = allowEach(catalog, versions);
    const provision = provideEach(catalog, {
      remote: (remote, form) => ({ type: remote.type, ...write.remote(remote, form) }),
      launch: () => {
        throw new LeftOut('managedMcpServers supports only remote servers');
      },
    });
    const managed = Object.fromEntries(provision.provided.map(({ server: { name }, entry }) => [labelOf(name), entry]));
    return {
      text: jsonText({
        ...(mode !== 'allow' && { managedMcpServers: managed }),
        ...(mode !== 'provide' && {
          allowManagedMcpServersOnly: true,
          allowedMcpServers: allowance.allowed.flatMap(({ identities }) => identities.map(matcherOf)),
        }),
        deniedMcpServers: allowance.denied.map(matcherOf),
      }),
      report: bothReports(mode, provision.report, allowance.report),
    };
  },
};
