/** The files of a skill or plugin as they are stored, with an archive of them. */
import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import tar from 'tar-stream';
import type { EntryFile } from '../registry/entry.ts';

/** The byte of the gzip header that names the operating system (RFC 1952), and its value for "unknown". */
const SYSTEM_BYTE = 9;
const UNKNOWN_SYSTEM = 255;
const LONG_AGO = new Date(0);

/** A file of a skill or plugin. */
export interface FoundFile {
  /** Path relative to the folder of the skill or plugin. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly isExecutable: boolean;
}

export interface StorableFiles {
  readonly files: readonly EntryFile[];
  readonly contents: readonly { readonly digest: Buffer; readonly bytes: Buffer }[];
}

/** The files with their contents, and, if there are several, one tar.gz of all, as the Agent Skills index serves it. */
export async function storableFiles(found: readonly FoundFile[]): Promise<StorableFiles> {
  const archive = found.length > 1 ? [{ path: '', bytes: await archiveOf(found), isExecutable: false }] : [];
  const all = [...found, ...archive].map((file) => ({ ...file, digest: hash('sha256', file.bytes, 'buffer') }));
  return {
    files: all.map(({ path, digest, bytes, isExecutable }) => {
      return { path, digest: digest.toString('hex'), size: bytes.length, isExecutable };
    }),
    contents: all.map(({ digest, bytes }) => ({ digest, bytes })),
  };
}

/** The files at the root of the archive, and the same bytes for the same files. */
async function archiveOf(found: readonly FoundFile[]): Promise<Buffer> {
  const pack = tar.pack();
  const whole = buffer(pack);
  for (const { path, bytes, isExecutable } of found.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    pack.entry({ name: path, mode: isExecutable ? 0o755 : 0o644, mtime: LONG_AGO, uid: 0, gid: 0 }, bytes);
  }
  pack.finalize();
  const archive = await promisify(gzip)(await whole, { level: 9 });
  archive[SYSTEM_BYTE] = UNKNOWN_SYSTEM;
  return archive;
}
