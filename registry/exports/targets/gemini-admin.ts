import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { LITERAL_ONLY } from '../syntax.ts';
import { LeftOut, type Target } from '../target.ts';
import { writerOf } from '../writers.ts';

const write = writerOf(LITERAL_ONLY);

export const geminiAdmin: Target = {
  id: 'gemini-admin',
  title: 'Gemini CLI: controls of the admin console',
  documentation: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/admin/enterprise-controls.md',
  fileName: 'gemini-admin.json',
  contentType: 'application/json',
  modes: ['allow', 'provide'],
  limits: [
    'The console supports only remote servers.',
    'Servers are compared by name, and the URL of the console takes precedence over a user’s.',
    'With mode=provide (requiredMcpServers), servers with per-user secrets are left out.',
  ],
  render: (catalog, { mode }) => {
    const { provided, report } = provideEach(catalog, {
      remote: (remote, form): object => {
        const { type } = remote;
        if (mode === 'allow') return { ...write.remote({ ...remote, headers: [] }, form), type };
        const { url, headers } = write.remote(remote, form);
        const { description } = form;
        return {
          url,
          type,
          ...(description !== undefined && { description }),
          ...(headers !== undefined && { headers }),
        };
      },
      launch: () => {
        throw new LeftOut('the admin console supports only remote servers');
      },
    });
    const servers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [labelOf(name, 'hyphen'), entry]));
    return { text: jsonText({ [mode === 'allow' ? 'mcpServers' : 'requiredMcpServers']: servers }), report };
  },
};
