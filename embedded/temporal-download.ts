/** Downloads the Temporal command-line tool. It is only used if its checksum matches. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { pickVariables } from '../outbound/child-environment.ts';
import { httpGet } from '../outbound/http.ts';

/** The newest release that builds as a module dependency. */
export const TEMPORAL_CLI_VERSION = 'v1.5.1';

export interface ReleaseArchive {
  readonly url: string;
  /** SHA-256 of the archive, in hexadecimal digits. */
  readonly sha256: string;
}

/** Checksums by Node's names of platforms and processors. */
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

/** The deadline for about 60 MB. A download that takes longer is unlikely to end. */
const DOWNLOAD_DEADLINE_MS = 90_000;
const ANSWER_TIMEOUT_MS = 30_000;

export interface DownloadOptions {
  readonly onProgress: (message: string) => void;
  /** The archive. Default: the one for this machine. */
  readonly archive?: ReleaseArchive | undefined;
}

/**
 * Downloads the tool to `path`. Two downloads at once are fine.
 * @throws Error if it can't be downloaded, or isn't the known release
 */
export async function downloadTemporal(path: string, options: DownloadOptions): Promise<string> {
  const { onProgress, archive = releaseArchive() } = options;
  if (archive === undefined) {
    throw new Error(`it was not downloaded: there is no release for ${process.platform} on ${process.arch}`);
  }
  onProgress('Downloading the Temporal dev server (60 MB, once)');
  await mkdir(dirname(path), { recursive: true });
  const folder = await mkdtemp(join(dirname(path), 'download-'));
  try {
    const file = join(folder, 'temporal.tar.gz');
    await downloadArchive(archive, file);
    await promisify(execFile)('tar', ['-xzf', file, '-C', folder, 'temporal'], { env: pickVariables(['PATH']) });
    await rename(join(folder, 'temporal'), path);
    return path;
  } catch (error) {
    throw new Error(`the download failed: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function downloadArchive({ url, sha256 }: ReleaseArchive, file: string): Promise<void> {
  const signal = AbortSignal.timeout(DOWNLOAD_DEADLINE_MS);
  const { body } = await httpGet({ url: new URL(url), timeoutMs: ANSWER_TIMEOUT_MS, guard: null, signal });
  const hash = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(body, hashed, createWriteStream(file), { signal });
  const digest = hash.digest('hex');
  if (digest !== sha256) throw new Error(`${url} has the SHA-256 ${digest}, not ${sha256}, and was discarded`);
}
