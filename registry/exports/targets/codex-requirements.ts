import { codexIdentityWriter, codexWriter } from '../codex-server.ts';
import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { tomlText } from '../formats.ts';
import type { Target } from '../target.ts';

export const codexRequirements: Target = {
  id: 'codex-requirements',
  title: 'Codex: requirements.toml',
  documentation: 'https://developers.openai.com/codex/enterprise/managed-configuration',
  fileName: 'requirements.toml',
  contentType: 'application/toml',
  modes: ['allow'],
  limits: [
    'It allows servers that users add themselves, and adds none.',
    'Codex also compares names: users must use the name in this file, as codex-config and `codex mcp add` do.',
    'Only the latest version of a server is allowed.',
    'A server whose URL or arguments each user fills in is left out, and so is SSE, which Codex does not support.',
  ],
  render: (catalog) => {
    // If codex-config has the server too, this is the same way to reach or run it.
    const given = new Map(provideEach(catalog, codexWriter).provided.map(({ server, entry }) => [server.name, entry]));
    const { provided, report } = provideEach(catalog, codexIdentityWriter);
    const servers = provided.map(({ server: { name }, entry }) => {
      const identity = given.get(name) ?? entry;
      if ('url' in identity) return [labelOf(name), { identity: { url: identity.url } }];
      const args = identity.args.map((value) => ({ match: 'exact', value }));
      return [labelOf(name), { identity: { command: { executable: identity.command, args } } }];
    });
    return { text: tomlText({ mcp_servers: Object.fromEntries(servers) as object }), report };
  },
};
