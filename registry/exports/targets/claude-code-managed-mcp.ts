import { claudeCodeServers, claudeCodeServersSchema } from '../claude-code-servers.ts';
import { jsonFaults } from '../formats.ts';
import type { Target } from '../target.ts';

export const claudeCodeManagedMcp: Target = {
  id: 'claude-code-managed-mcp',
  title: 'Claude Code: managed-mcp.json',
  documentation: 'https://code.claude.com/docs/en/managed-mcp',
  fileName: 'managed-mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: [
    'Users can only have the servers in this file. If it is empty, they have none.',
    'Secrets come from environment variables of each user.',
    'Claude Code reads it only from a system file, not from managed settings.',
  ],
  render: claudeCodeServers,
  faults: (text) => jsonFaults(claudeCodeServersSchema, text),
};
