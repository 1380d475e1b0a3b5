import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import type { Target } from '../target.ts';
import { vscodeWriter } from '../vscode-server.ts';

export const vscodeMcp: Target = {
  id: 'vscode-mcp',
  title: 'VS Code: mcp.json',
  documentation: 'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
  fileName: 'mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: ['VS Code asks each user for the inputs when a server starts for the first time.'],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, vscodeWriter);
    const servers = Object.fromEntries(
      provided.map(({ server: { name, version }, entry }) => [name, { ...entry.config, version }]),
    );
    const inputs = provided.flatMap(({ entry }) => entry.inputs);
    return { text: jsonText({ servers, ...(inputs.length > 0 && { inputs }) }), report };
  },
};
