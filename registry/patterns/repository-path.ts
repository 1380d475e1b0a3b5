/** Normalizes paths and globs inside a repository. */
import { isPathGlob } from './path-glob.ts';

/**
 * Converts a path to the form that Git uses: `./a//b.json` becomes `a/b.json`. Returns null for paths that can't refer
 * to a file in a repository: absolute paths, folders, and paths with `..` or with backslashes as separators.
 */
export function repositoryPath(path: string): string | null {
  const segments = path.split('/').filter((segment, index) => segment !== '.' && (segment !== '' || index === 0));
  const normal = segments.join('/');
  const isFile = segments.length > 0 && segments[0] !== '' && !/\/\.?$/.test(path);
  const escapesOther = isPathGlob(normal) && /\\[^*?[\]{}!,\\()+@^-]/.test(normal);
  return isFile && !segments.includes('..') && !normal.startsWith('-') && !escapesOther ? normal : null;
}
