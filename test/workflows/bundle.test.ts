/** In a checkout, bundles are kept and used again until the code of the workflows changes. */
import { readFile, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { BUNDLED, loadWorkflowBundle } from '../../worker/bundle.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

async function keptBundle(): Promise<string> {
  const bundle = await loadWorkflowBundle();
  if (!('codePath' in bundle)) throw new Error('The bundle is not kept');
  return bundle.codePath;
}

test('a kept bundle is used again', async () => {
  const first = await stat(await keptBundle());
  expect((await stat(await keptBundle())).mtimeMs).toBe(first.mtimeMs);
});

test('a bundle has no code that its name doesn’t depend on', async () => {
  const code = await readFile(await keptBundle(), 'utf8');
  const [, encoded = ''] = /sourceMappingURL=data:application\/json;[^,]*base64,(\S+)/.exec(code) ?? [];
  const { sources } = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { sources: string[] };
  // Everything else is a package, or made by the compiler.
  const ours = sources
    .filter((source) => source.startsWith(ROOT) && !source.includes('/node_modules/'))
    .map((source) => relative(ROOT, source));
  expect(ours).toContain('workflows/source/source.ts');
  const isBundled = (path: string): boolean => BUNDLED.some((part) => path.startsWith(`${part}/`));
  expect(ours.filter((path) => !isBundled(path))).toEqual([]);
});
