import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { CURSOR_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

export const cursorMcp: Target = {
  id: 'cursor-mcp',
  title: 'Cursor: mcp.json',
  documentation: 'https://cursor.com/docs/context/mcp',
  fileName: 'mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: ['Secrets come from environment variables of each user.', 'It adds servers and restricts nothing.'],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, writerOf(CURSOR_SYNTAX));
    const mcpServers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [name, entry]));
    return { text: jsonText({ mcpServers }), report };
  },
};
