import { claudeCodeServers, claudeCodeServersSchema } from '../claude-code-servers.ts';
import { jsonFaults } from '../formats.ts';
import type { Target } from '../target.ts';

export const claudeCodeMcp: Target = {
  id: 'claude-code-mcp',
  title: 'Claude Code: .mcp.json of a project',
  documentation: 'https://code.claude.com/docs/en/mcp',
  fileName: '.mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: ['Secrets come from environment variables of each user.', 'Each user approves the servers of a project.'],
  render: claudeCodeServers,
  faults: (text) => jsonFaults(claudeCodeServersSchema, text),
};
