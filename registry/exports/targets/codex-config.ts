import { codexWriter } from '../codex-server.ts';
import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { tomlText } from '../formats.ts';
import type { Target } from '../target.ts';

export const codexConfig: Target = {
  id: 'codex-config',
  title: 'Codex: config.toml',
  documentation: 'https://developers.openai.com/codex/config-reference',
  fileName: 'config.toml',
  contentType: 'application/toml',
  modes: ['provide'],
  limits: [
    'Codex supports streamable HTTP and stdio, not SSE.',
    'URLs and arguments cannot contain variables. A whole header or environment variable can be read from a variable of the user.',
  ],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, codexWriter);
    const servers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [labelOf(name), entry]));
    return { text: tomlText({ mcp_servers: servers }), report };
  },
};
