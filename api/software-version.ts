/** Which build of this software runs. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface SoftwareVersion {
  readonly version: string;
  /** Of the source code; `unknown` where the build did not say. */
  readonly commit: string;
  readonly buildDate: string;
}

/** The version of the package, and the commit and the date that a build put into its environment. */
export function softwareVersion(environment: NodeJS.ProcessEnv): SoftwareVersion {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return {
    version: z.object({ version: z.string() }).parse(manifest).version,
    commit: environment['ROLLCALL_COMMIT'] ?? 'unknown',
    buildDate: environment['ROLLCALL_BUILD_DATE'] ?? 'unknown',
  };
}
