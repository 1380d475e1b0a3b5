import { z } from 'zod';
import { provideEach } from '../provide.ts';
import { jsonFaults, jsonText } from '../formats.ts';
import type { Target } from '../target.ts';
import { vscodeWriter } from '../vscode-server.ts';

const prompt = z.strictObject({
  id: z.string().regex(/^[\w.-]+$/),
  type: z.literal('promptString'),
  description: z.string(),
  password: z.boolean(),
});
const pick = z.strictObject({
  id: z.string().regex(/^[\w.-]+$/),
  type: z.literal('pickString'),
  description: z.string(),
  options: z.array(z.string()).min(1),
});
const INPUT = /\$\{input:([^}]+)\}/g;
const value = z.string().refine((text) => !text.replaceAll(INPUT, '').includes('${'), 'may only refer to inputs');
const values = z.record(z.string(), value).optional();
const schema = z
  .strictObject({
    servers: z.record(
      z.string().min(1),
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.enum(['http', 'sse']), url: value, headers: values, version: z.string() }),
        z.strictObject({
          type: z.literal('stdio'),
          command: z.string().min(1),
          args: z.array(value),
          env: values,
          version: z.string(),
        }),
      ]),
    ),
    inputs: z.array(z.union([prompt, pick])).optional(),
  })
  .refine(({ servers, inputs = [] }) => {
    const used = new Set([...JSON.stringify(servers).matchAll(INPUT)].map(([, id]) => id));
    return used.size === inputs.length && inputs.every(({ id }) => used.has(id));
  }, 'must declare each input that is used, once');

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
  faults: (text) => jsonFaults(schema, text),
};
