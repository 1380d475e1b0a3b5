import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is downloaded or built once is kept here, outside the checkout. Honours `XDG_CACHE_HOME`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rollcall');
}
