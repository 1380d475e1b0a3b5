/** The map `mcpServers` of Claude Code, which is the same in a project and in an administrator's file. */
import { z } from 'zod';
import { labelOf } from './label.ts';
import { provideEach } from './provide.ts';
import { anyUrl, jsonText, plainLabel, texts } from './formats.ts';
import { CLAUDE_CODE_SYNTAX } from './syntax.ts';
import type { Catalog, Rendering } from './target.ts';
import { launchWriter, remoteWriter } from './writers.ts';

/** Only `${NAME}` and `${NAME:-}` can follow a dollar sign and a brace. */
const value = z.string().refine((text) => !text.replaceAll(/\$\{[A-Z_][A-Z0-9_]*(?::-)?\}/gi, '').includes('${'));
const values = z.record(z.string(), value);

export const claudeCodeServersSchema = z.strictObject({
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

const writeRemote = remoteWriter(CLAUDE_CODE_SYNTAX);
const writeLaunch = launchWriter(CLAUDE_CODE_SYNTAX);

export function claudeCodeServers(catalog: Catalog): Rendering {
  const { provided, report } = provideEach<object>(catalog, {
    remote: (remote, { name }) => ({ type: remote.type, ...writeRemote(remote, name) }),
    launch: (launch, { name }) => writeLaunch(launch, name),
  });
  const mcpServers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [labelOf(name), entry]));
  return { text: jsonText({ mcpServers }), report };
}
