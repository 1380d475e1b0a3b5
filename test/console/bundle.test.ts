/** The code of Rollcall that the console runs in browsers. */
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Uses of what exists in Node only. */
const OF_NODE = /\b(?:Buffer|process|global)\.|\b(?:require|setImmediate)\(/;

test('runs nothing that only Node has', async () => {
  const code = await bundledCode();
  expect([...code.keys()]).toEqual(expect.arrayContaining(['console/main.tsx', 'registry/server-json/rules.ts']));
  const lines = [...code].flatMap(([file, text]) => text.split('\n').map((line) => `${file}: ${line.trim()}`));
  expect(lines.filter((line) => OF_NODE.test(line))).toEqual([]);
  // Vite replaces modules of Node with this one, which is empty.
  expect([...code.keys()].filter((file) => file.includes('browser-external'))).toEqual([]);
});

/** Our files in the bundle, without what the bundler removes, such as unused functions and types. */
async function bundledCode(): Promise<Map<string, string>> {
  const result = await build({
    configFile: `${ROOT}console/vite.config.ts`,
    logLevel: 'warn',
    build: { write: false, minify: false },
  });
  const { output } = result as Rolldown.RolldownOutput;
  const modules = output.flatMap((part) => (part.type === 'chunk' ? Object.entries(part.modules) : []));
  const ours = modules.filter(([id]) => !id.includes('node_modules'));
  return new Map(ours.map(([id, { code }]) => [id.replace(ROOT, ''), code ?? '']));
}
