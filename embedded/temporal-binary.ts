/** Finding the Temporal command-line tool, which carries the dev server. */
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The newest release that builds as a module dependency. */
const TEMPORAL_CLI_VERSION = 'v1.5.1';

/** What we download or build once is kept here, outside the checkout. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rollcall');
}

export async function findTemporalBinary(): Promise<string> {
  const cached = join(cacheDirectory(), 'temporal-cli', TEMPORAL_CLI_VERSION, 'temporal');
  await access(cached, constants.X_OK);
  return cached;
}
