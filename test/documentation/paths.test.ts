/** The documents for contributors name files and folders that exist. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DECISIONS = globSync('docs/decisions/*.md', { cwd: ROOT });
const DOCUMENTS = ['docs/architecture.md', 'docs/adding-a-source.md', 'CONTRIBUTING.md', ...DECISIONS];

const CODE = /^[\w./-]+\.(?:ts|tsx|mjs)$/;
const FOLDER = /^[\w.-]+(?:\/[\w.-]+)*\/$/;
/** Anything else is only a path if it begins with a folder of the project. */
const OTHER_FILE = /^([\w.-]+)\/[\w./-]+$/;
/** Names that a contributor replaces. */
const PLACEHOLDER = /^sources\/example\/|NNNN/;

interface NamedPath {
  readonly path: string;
  /** The folder that a row of a table is about; empty elsewhere. */
  readonly folder: string;
}

/** The paths between backticks. */
function pathsIn(document: string): NamedPath[] {
  const lines = readFileSync(`${ROOT}${document}`, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, folder = ''] = /^\| `([\w.-]+\/)`/.exec(line) ?? [];
    const names = [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    return names.filter((name) => isPath(name) && !PLACEHOLDER.test(name)).map((path) => ({ path, folder }));
  });
}

function isPath(name: string): boolean {
  if (CODE.test(name) || FOLDER.test(name)) return true;
  const [, top] = OTHER_FILE.exec(name) ?? [];
  return top !== undefined && existsSync(`${ROOT}${top}`);
}

test.each(DOCUMENTS)('every path that %s names exists', (document) => {
  const missing = pathsIn(document).filter(({ path, folder }) =>
    [path, `${folder}${path}`].every((candidate) => !existsSync(`${ROOT}${candidate}`)),
  );
  expect(missing).toEqual([]);
});

test('paths are found in the documents', () => {
  expect(pathsIn('docs/architecture.md').length).toBeGreaterThan(100);
  expect(DECISIONS.flatMap(pathsIn).length).toBeGreaterThan(20);
  expect(pathsIn('CONTRIBUTING.md').length).toBeGreaterThan(10);
});
