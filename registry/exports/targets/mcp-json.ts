import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { NO_VARIABLES } from '../syntax.ts';
import type { Target } from '../target.ts';
import { typedWriter } from '../writers.ts';

export const mcpJson: Target = {
  id: 'mcp-json',
  title: 'Other clients: mcp.json',
  documentation: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
  fileName: 'mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: ['Clients have no common syntax for variables: servers with per-user secrets are left out.'],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, typedWriter(NO_VARIABLES));
    const mcpServers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [name, entry]));
    return { text: jsonText({ mcpServers }), report };
  },
};
