import { z } from 'zod';
import { provideEach } from '../provide.ts';
import { anyUrl, jsonFaults, jsonText, texts, withoutVariables } from '../formats.ts';
import { NO_VARIABLES } from '../syntax.ts';
import type { Target } from '../target.ts';
import { typedWriter } from '../writers.ts';

const schema = withoutVariables(
  z.strictObject({
    mcpServers: z.record(
      z.string().min(1),
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.enum(['http', 'sse']), url: anyUrl, headers: texts.optional() }),
        z.strictObject({
          type: z.literal('stdio'),
          command: z.string().min(1),
          args: z.array(z.string()),
          env: texts.optional(),
        }),
      ]),
    ),
  }),
);

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
  faults: (text) => jsonFaults(schema, text),
};
