/** The release of the Temporal command-line tool that is downloaded or built, and the checksums of its archives. */

/** The newest release that builds as a module dependency. */
export const TEMPORAL_CLI_VERSION = 'v1.5.1';

export interface ReleaseArchive {
  readonly url: string;
  /** SHA-256 of the archive, in hexadecimal digits. */
  readonly sha256: string;
}

/** By Node's names of platforms and processors. */
const SHA256: Readonly<Record<string, string>> = {
  'linux-x64': 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  'linux-arm64': 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  'darwin-x64': 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  'darwin-arm64': 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

/** The archive for this machine; undefined if none has a known checksum. */
export function releaseArchive(
  platform: string = process.platform,
  processor: string = process.arch,
): ReleaseArchive | undefined {
  const sha256 = SHA256[`${platform}-${processor}`];
  if (sha256 === undefined) return undefined;
  const name = `temporal_cli_${TEMPORAL_CLI_VERSION.slice(1)}_${platform}_${processor === 'x64' ? 'amd64' : processor}.tar.gz`;
  return { url: `https://github.com/temporalio/cli/releases/download/${TEMPORAL_CLI_VERSION}/${name}`, sha256 };
}
