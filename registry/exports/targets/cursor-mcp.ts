import { z } from 'zod';
import { provideEach } from '../provide.ts';
import { jsonFaults, jsonText } from '../formats.ts';
import { CURSOR_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { writerOf } from '../writers.ts';

const value = z
  .string()
  .refine((text) => !text.replaceAll(/\$\{env:\w+\}/g, '').includes('${'), 'may only refer to ${env:NAME}');
const values = z.record(z.string(), value).optional();
const schema = z.strictObject({
  mcpServers: z.record(
    z.string().min(1),
    z.union([
      z.strictObject({ url: value, headers: values }),
      z.strictObject({ command: z.string().min(1), args: z.array(value), env: values }),
    ]),
  ),
});

export const cursorMcp: Target = {
  id: 'cursor-mcp',
  title: 'Cursor: mcp.json',
  documentation: 'https://cursor.com/docs/context/mcp',
  fileName: 'mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: ['Secrets come from environment variables of each user.', 'It adds servers and restricts nothing.'],
  render: (catalog) => {
    const { provided, report } = provideEach(catalog, writerOf(CURSOR_SYNTAX));
    const mcpServers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [name, entry]));
    return { text: jsonText({ mcpServers }), report };
  },
  faults: (text) => jsonFaults(schema, text),
};
