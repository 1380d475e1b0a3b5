/** Unpacks tar archives in memory, with the limits that files of skills and plugins have. */
import { Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import { RollcallError } from '../../registry/failure.ts';
import { filesFault, type FolderEntry, MAX_CONTENT_BYTES, MAX_FILES, TOO_LARGE } from '../../registry/scan/layout.ts';
import type { FoundFile } from '../../sources/storable-files.ts';

/** The maximum size of an archive: the content, and the headers of files and folders. */
const MAX_ARCHIVE_BYTES = MAX_CONTENT_BYTES + 4 * 1024 * 1024;
const EXECUTABLE = 0o100;
/** Links get the mode that Git has for them: neither kind is followed. */
const LINK = '120000';

/** The archive has more files or bytes than can be stored. */
class LimitExceeded extends Error {}

/**
 * The files of archives, plain or compressed with gzip. `fault` says why they can't be stored, as that of `FilesOfFolder`.
 *
 * @throws RollcallError `UpstreamInvalid` for something that isn't a tar archive
 */
export async function filesOfArchives(
  archives: readonly Buffer[],
): Promise<readonly FoundFile[] | { readonly fault: string }> {
  const found: FoundFile[] = [];
  const entries: FolderEntry[] = [];
  try {
    let bytesLeft = MAX_ARCHIVE_BYTES;
    for (const archive of archives) bytesLeft -= await unpack(archive, { found, entries, bytesLeft });
  } catch (cause) {
    if (cause instanceof LimitExceeded) return { fault: cause.message };
    throw new RollcallError('UpstreamInvalid', "its archive isn't a tar file that can be read", { cause });
  }
  const fault = filesFault('', entries);
  return fault === null ? found : { fault };
}

interface Unpacked {
  readonly found: FoundFile[];
  readonly entries: FolderEntry[];
  readonly bytesLeft: number;
}

/** Returns the number of bytes after decompression. */
async function unpack(archive: Buffer, { found, entries, bytesLeft }: Unpacked): Promise<number> {
  let size = 0;
  const limited = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      if (size > bytesLeft) done(new LimitExceeded(TOO_LARGE));
      else done(null, chunk);
    },
  });
  const extract = tar.extract();
  const isCompressed = archive[0] === 0x1f && archive[1] === 0x8b;
  const unpacked = isCompressed
    ? pipeline(Readable.from([archive]), createGunzip(), limited, extract)
    : pipeline(Readable.from([archive]), limited, extract);
  let contentSize = found.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const reading = (async () => {
    for await (const entry of extract) {
      const { name, type, mode } = entry.header;
      const bytes = await buffer(entry);
      if (type === 'directory') continue;
      const path = name.replace(/^(?:\.\/)+/, '');
      const isExecutable = (mode & EXECUTABLE) !== 0;
      entries.push({ path, mode: modeOf(type, isExecutable) });
      found.push({ path, bytes, isExecutable });
      contentSize += bytes.length;
      if (contentSize > MAX_CONTENT_BYTES) throw new LimitExceeded(TOO_LARGE);
      if (entries.length > MAX_FILES) throw new LimitExceeded(`has more than ${MAX_FILES} files`);
    }
  })();
  await Promise.all([unpacked, reading]);
  return size;
}

function modeOf(type: string | null | undefined, isExecutable: boolean): string {
  if (type === 'file' || type === 'contiguous-file') return isExecutable ? '100755' : '100644';
  return type === 'link' || type === 'symlink' ? LINK : String(type);
}
