/** Paths that the configuration opens to everybody. */
import { percentDecoded } from './percent-decoding.ts';

/** What means one path to one reader and another to the next is never public. */
const AMBIGUOUS = /%(?:2f|2e|5c|00)|\\|\/\.{0,2}(?:\/|$)/i;

/** Whether a path of a request is one of these, or below one. */
export function isPublicPath(path: string, publicPaths: readonly string[]): boolean {
  const plain = path.replace(/(?<=.)\/$/, '');
  const decoded = percentDecoded(plain);
  if (decoded === null || (plain !== '/' && AMBIGUOUS.test(plain))) return false;
  return publicPaths.some((publicPath) => {
    const open = publicPath.replace(/\/$/, '');
    return decoded === open || decoded.startsWith(`${open}/`);
  });
}
