import { z } from 'zod';
import { labelOf, nameOfLabel } from '../label.ts';
import { provideEach } from '../provide.ts';
import { jsonFaults, jsonText } from '../formats.ts';
import { GEMINI_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

/** Gemini CLI ends the name of a server at the first underscore of `mcp_SERVER_TOOL`. */
const label = z.string().refine((text) => nameOfLabel(text, 'hyphen') !== undefined, 'must be a label without "_"');
const value = z
  .string()
  .refine((text) => !/\$(?:\w|\{)/.test(text.replaceAll(/\$\{[A-Z_]\w*(?::-)?\}/gi, '')), 'may only refer to ${NAME}');
const values = z.record(z.string(), value).optional();
const schema = z.strictObject({
  mcp: z.strictObject({ allowed: z.array(label).optional(), excluded: z.array(label).optional() }).optional(),
  mcpServers: z.record(
    label,
    z.union([
      z.strictObject({ httpUrl: value, headers: values }),
      z.strictObject({ url: value, headers: values }),
      z.strictObject({ command: z.string().min(1), args: z.array(value), env: values }),
    ]),
  ),
});

const write = writerOf(GEMINI_SYNTAX);

export const geminiSettings: Target = {
  id: 'gemini-settings',
  title: 'Gemini CLI: system settings.json',
  documentation: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/enterprise.md',
  fileName: 'settings.json',
  contentType: 'application/json',
  modes: ['provide', 'allow'],
  limits: [
    'Gemini CLI compares only names, so the file also defines each server that it allows: a system definition takes precedence over a user’s.',
    'Secrets come from environment variables of each user.',
  ],
  render: (catalog, { mode }) => {
    const { provided, report } = provideEach(catalog, {
      remote: (remote, server): object => {
        const { url, ...members } = write.remote(remote, server);
        return { [remote.type === 'http' ? 'httpUrl' : 'url']: url, ...members };
      },
      launch: write.launch,
    });
    const labelled = provided.map(({ server: { name }, entry }) => [labelOf(name, 'hyphen'), entry] as const);
    const isRetired = new Set(
      catalog.filter(({ active, retired }) => active.length === 0 && retired.length > 0).map(({ name }) => name),
    );
    const excluded = [...isRetired].map((name) => labelOf(name, 'hyphen'));
    const mcp = {
      ...(mode === 'allow' && { allowed: labelled.map(([key]) => key) }),
      ...(excluded.length > 0 && { excluded }),
    };
    return {
      text: jsonText({ ...(Object.keys(mcp).length > 0 && { mcp }), mcpServers: Object.fromEntries(labelled) }),
      report: report.map((line) => ({ ...line, denied: isRetired.has(line.name) })),
    };
  },
  faults: (text) => jsonFaults(schema, text),
};
