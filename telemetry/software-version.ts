/** The build that is running. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface SoftwareVersion {
  readonly version: string;
  /** Commit of the source code; `unknown` if the build didn't set it. */
  readonly commit: string;
  readonly buildDate: string;
}

/** The version of the package, and the commit and date that a build sets as environment variables. */
export function softwareVersion(): SoftwareVersion {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return {
    version: z.object({ version: z.string() }).parse(manifest).version,
    commit: process.env['ROLLCALL_COMMIT'] ?? 'unknown',
    buildDate: process.env['ROLLCALL_BUILD_DATE'] ?? 'unknown',
  };
}
