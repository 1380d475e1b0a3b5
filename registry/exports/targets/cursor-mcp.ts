import { z } from 'zod';
import { provideEach } from '../provide.ts';
import { jsonFaults, jsonText } from '../formats.ts';
import { CURSOR_SYNTAX } from '../syntax.ts';
import type { Target } from '../target.ts';
import { launchWriter, remoteWriter } from '../writers.ts';

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

const writeRemote = remoteWriter(CURSOR_SYNTAX);
const writeLaunch = launchWriter(CURSOR_SYNTAX);

export const cursorMcp: Target = {
  id: 'cursor-mcp',
  title: 'Cursor: mcp.json',
  documentation: 'https://cursor.com/docs/context/mcp',
  fileName: 'mcp.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: ['Secrets come from environment variables of each user.', 'It adds servers and restricts nothing.'],
  render: (catalog) => {
    const { provided, report } = provideEach<object>(catalog, {
      remote: (remote, { name }) => writeRemote(remote, name),
      launch: (launch, { name }) => writeLaunch(launch, name),
    });
    const mcpServers = Object.fromEntries(provided.map(({ server: { name }, entry }) => [name, entry]));
    return { text: jsonText({ mcpServers }), report };
  },
  faults: (text) => jsonFaults(schema, text),
};
