import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { NO_VARIABLES } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

const write = writerOf(NO_VARIABLES, { httpsOnly: true });

export const claudeDesktopManaged: Target = {
  id: 'claude-desktop-managed',
  title: 'Claude Desktop (third-party deployments): managed servers',
  documentation: 'https://claude.com/docs/third-party/claude-desktop/configuration',
  fileName: 'managed-settings.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: [
    'It has no variables: servers with per-user secrets are left out.',
    'The list is read when the application starts.',
    'In a .plist and in the Windows registry, the list is one JSON string.',
  ],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, {
      remote: (remote, form) => ({ name: labelOf(form.name), transport: remote.type, ...write.remote(remote, form) }),
      launch: (launch, form) => ({ name: labelOf(form.name), transport: 'stdio', ...write.launch(launch, form) }),
    });
    return { text: jsonText({ managedMcpServers: provided.map(({ entry }) => entry) }), report };
  },
};
