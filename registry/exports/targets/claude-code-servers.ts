/** The map `mcpServers` of Claude Code, which is the same in a project and in an administrator's file. */
import { z } from 'zod';
import { labelOf } from '../label.ts';
import { provideEach } from '../provide.ts';
import { anyUrl, jsonFaults, jsonText, plainLabel, texts } from '../formats.ts';
import { CLAUDE_CODE_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

/** Only `${NAME}` and `${NAME:-}` can follow a dollar sign and a brace. */
const value = z.string().refine((text) => !text.replaceAll(/\$\{[A-Z_][A-Z0-9_]*(?::-)?\}/gi, '').includes('${'));
const values = z.record(z.string(), value);

const schema = z.strictObject({
  mcpServers: z.record(
    plainLabel,
    z.union([
      z.strictObject({
        type: z.enum(['http', 'sse']),
        url: z.union([anyUrl, z.string().startsWith('${')]).and(value),
        headers: values.optional(),
      }),
      z.strictObject({ command: z.string().min(1), args: z.array(value), env: texts.and(values).optional() }),
    ]),
  ),
});

const write = writerOf(CLAUDE_CODE_SYNTAX);

const servers: Pick<Target, 'contentType' | 'modes' | 'render' | 'faults'> = {
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
  faults: (text) => jsonFaults(schema, text),
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
