/** Paths that the configuration opens to all callers. */
import { percentDecoded } from '../http/path-parameter.ts';

/** Paths that readers could interpret differently are never public. */
const AMBIGUOUS = /%(?:2f|2e|5c|00)|\\|\/\.{0,2}(?:\/|$)/i;

/** Whether the path of a request is one of the public paths, or below one. */
export function isPublicPath(path: string, publicPaths: readonly string[]): boolean {
  const plain = path.replace(/(?<=.)\/$/, '');
  const decoded = percentDecoded(plain);
  if (decoded === null || (plain !== '/' && AMBIGUOUS.test(plain))) return false;
  return publicPaths.some((publicPath) => {
    const open = publicPath.replace(/\/$/, '');
    return decoded === open || decoded.startsWith(`${open}/`);
  });
}
