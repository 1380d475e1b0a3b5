import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloaded and built programs are kept, outside the checkout. Honors `XDG_CACHE_HOME`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rollcall');
}
