import { z } from 'zod';
import { codexWriter } from '../codex-server.ts';
import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { anyUrl, plainLabel, texts, tomlFaults, tomlText } from '../formats.ts';
import type { Target } from '../target.ts';

const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable');
const schema = z.strictObject({
  mcp_servers: z.record(
    plainLabel,
    z.union([
      z.strictObject({
        url: anyUrl,
        bearer_token_env_var: variable.optional(),
        http_headers: texts.optional(),
        env_http_headers: z.record(z.string(), variable).optional(),
      }),
      z.strictObject({
        command: z.string().min(1),
        args: z.array(z.string()),
        env: texts.optional(),
        env_vars: z.array(z.string()).optional(),
      }),
    ]),
  ),
});

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
  faults: (text) => tomlFaults(schema, text),
};
