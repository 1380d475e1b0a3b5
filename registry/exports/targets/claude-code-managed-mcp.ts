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
    'With this file users can have no other server, and without an entry no server at all.',
    'Secrets come from environment variables of each user.',
    'It is read from a file of the system only, not from managed settings.',
  ],
  render: claudeCodeServers,
  faults: (text) => jsonFaults(claudeCodeServersSchema, text),
};
