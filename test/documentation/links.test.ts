/** Links between documents lead to existing files and headings. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENTS = globSync(['*.md', '{bench,deploy,docs,examples}/**/*.md'], { cwd: ROOT });

interface Link {
  /** From the root of the project; empty for the document itself. */
  readonly path: string;
  /** The anchor of a heading; empty if there is none. */
  readonly anchor: string;
}

/** The links of a document to other places in the project. */
function linksOf(document: string): Link[] {
  const targets = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { path: path === '' ? document : join(dirname(document), path), anchor };
    });
}

/** The broken links of a document. */
function brokenLinksOf(document: string): string[] {
  return linksOf(document)
    .filter(({ path, anchor }) => !existsSync(join(ROOT, path)) || (anchor !== '' && !anchorsOf(path).includes(anchor)))
    .map(({ path, anchor }) => `${path}#${anchor}`);
}

/** The anchors that GitHub makes from headings. */
function anchorsOf(document: string): string[] {
  const headings = [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Without examples, which are not rendered. */
function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
}

test.each(DOCUMENTS)('%s has no broken links', (document) => {
  expect(brokenLinksOf(document)).toEqual([]);
});

test('the README links to every page of docs/', () => {
  const linked = linksOf('README.md').map(({ path }) => path);
  expect(globSync('docs/*.md', { cwd: ROOT }).filter((page) => !linked.includes(page))).toEqual([]);
});
