import { allowEach, matcherOf } from '../identities.ts';
import { jsonText } from '../formats.ts';
import type { Target } from '../target.ts';

export const copilotManagedSettings: Target = {
  id: 'copilot-managed-settings',
  title: 'GitHub Copilot: managed-settings.json',
  documentation: 'https://docs.github.com/en/copilot/reference/enterprise-administrators/enterprise-managed-settings',
  fileName: 'managed-settings.json',
  contentType: 'application/json',
  modes: ['allow'],
  limits: [
    'It allows servers that users add themselves, and adds none.',
    'A command is compared word by word, so a server whose arguments each user fills in is left out.',
    'A URL with a part that each user fills in is left out: a wildcard would allow other hosts.',
  ],
  render: (catalog, { versions }) => {
    const { allowed, denied, report } = allowEach(catalog, versions);
    return {
      text: jsonText({
        allowedMcpServers: allowed.flatMap(({ identities }) => identities.map(matcherOf)),
        deniedMcpServers: denied.map(matcherOf),
      }),
      report,
    };
  },
};
