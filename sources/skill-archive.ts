/** A skill as one tar.gz, as the Agent Skills index serves it: the files at its root, and the same bytes for the same files. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import tar from 'tar-stream';
import type { EntryFile } from '../registry/entry.ts';

/** The byte of the gzip header that names the operating system (RFC 1952), and its value for "unknown". */
const SYSTEM_BYTE = 9;
const UNKNOWN_SYSTEM = 255;
const LONG_AGO = new Date(0);

export async function skillArchive(
  contents: readonly { readonly file: EntryFile; readonly bytes: Buffer }[],
): Promise<Buffer> {
  const pack = tar.pack();
  const whole = buffer(pack);
  for (const { file, bytes } of contents.toSorted((one, other) => (one.file.path < other.file.path ? -1 : 1))) {
    pack.entry({ name: file.path, mode: file.isExecutable ? 0o755 : 0o644, mtime: LONG_AGO, uid: 0, gid: 0 }, bytes);
  }
  pack.finalize();
  const archive = await promisify(gzip)(await whole, { level: 9 });
  archive[SYSTEM_BYTE] = UNKNOWN_SYSTEM;
  return archive;
}
