/** The map `mcpServers` of Claude Code, which is the same in a project and in an administrator's file. */
import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { jsonText } from '../formats.ts';
import { CLAUDE_CODE_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

const write = writerOf(CLAUDE_CODE_SYNTAX);

const servers: Pick<Target, 'contentType' | 'modes' | 'render'> = {
  contentType: 'application/json',
  modes: ['provide'],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, {
      remote: (remote, form) => ({ type: remote.type, ...write.remote(remote, form) }),
      launch: write.launch,
    });
    const mcpServers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [labelOf(name), entry]));
    return { text: jsonText({ mcpServers }), report };
  },
};

export const claudeCodeManagedMcp: Target = {
  ...servers,
  id: 'claude-code-managed-mcp',
  title: 'Claude Code: managed-mcp.json',
  documentation: 'https://code.claude.com/docs/en/managed-mcp',
  fileName: 'managed-mcp.json',
  limits: [
    'Users can only have the servers in this file. If it is empty, they have none.',
    'Secrets come from environment variables of each user.',
    'Claude Code reads it only from a system file, not from managed settings.',
  ],
};

export const claudeCodeMcp: Target = {
  ...servers,
  id: 'claude-code-mcp',
  title: 'Claude Code: .mcp.json of a project',
  documentation: 'https://code.claude.com/docs/en/mcp',
  fileName: '.mcp.json',
  limits: ['Secrets come from environment variables of each user.', 'Each user approves the servers of a project.'],
};
