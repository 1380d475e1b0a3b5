/** The path of a file, or a glob of files, inside a repository. */
import { isPathGlob } from './path-glob.ts';

/**
 * The path as git lists files: `./a//b.json` is `a/b.json`. Null for one that can't be the path of a file in a
 * repository: absolute, with `..`, of a folder, or with the backslashes of Windows between folders.
 */
export function repositoryPath(path: string): string | null {
  const segments = path.split('/').filter((segment, index) => segment !== '.' && (segment !== '' || index === 0));
  const normal = segments.join('/');
  const isFile = segments.length > 0 && segments[0] !== '' && !/\/\.?$/.test(path);
  const escapesOther = isPathGlob(normal) && /\\[^*?[\]{}!,\\()+@^-]/.test(normal);
  return isFile && !segments.includes('..') && !normal.startsWith('-') && !escapesOther ? normal : null;
}
