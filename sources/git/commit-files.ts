/** The files of a commit: their list, and the wanted ones on disk. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  type FilesOfFolder,
  MAX_CONTENT_BYTES,
  pathBelow,
  TOO_LARGE,
  type TreeEntry,
} from '../../registry/scan/layout.ts';
import type { FoundFile } from '../storable-files.ts';
import type { GitClient } from './client.ts';

/** How many files to examine before other work can run. */
const LINES_PER_TURN = 1_000;
/** Arguments of one command, well below the limits of operating systems. */
const FILES_PER_COMMAND = 500;

/** Files and folders below a folder of the commit; an empty path is the whole repository. */
export async function listFiles(
  git: GitClient,
  { commit, folder }: { readonly commit: string; readonly folder: string },
): Promise<readonly TreeEntry[]> {
  return await listTree(git, ['-r', '-t', commit, ...(folder === '' ? [] : ['--', `${folder}/`])]);
}

/**
 * What `git ls-tree` lists.
 *
 * @param wanted selects entries, so that a list of millions needs no memory for the others
 */
export async function listTree(
  git: GitClient,
  command: readonly string[],
  wanted: (entry: TreeEntry) => boolean = () => true,
): Promise<readonly TreeEntry[]> {
  const listing = await git.run('ls-tree', '-z', '--full-tree', ...command);
  const entries: TreeEntry[] = [];
  let lines = 0;
  for (const line of listing.split('\0')) {
    lines += 1;
    if (lines % LINES_PER_TURN === 0) await setImmediate();
    const tab = line.indexOf('\t');
    const [mode, , id] = line.slice(0, Math.max(tab, 0)).split(' ');
    if (mode === undefined || id === undefined) continue;
    const entry = { mode, id, path: line.slice(tab + 1) };
    if (wanted(entry)) entries.push(entry);
  }
  return entries;
}

/**
 * Checks out exactly these files, as they are stored in the repository. Git refuses to check out a commit that has a
 * single unsafe path, so the files get a tree of their own. Missing files are fetched together.
 */
export async function checkOutFiles(git: GitClient, folder: string, files: readonly TreeEntry[]): Promise<void> {
  await mkdir(join(folder, '.git', 'info'), { recursive: true });
  // A conversion of line ends or encodings would change the digests.
  await writeFile(join(folder, '.git', 'info', 'attributes'), '* -text !eol !ident !filter !working-tree-encoding\n');
  const byPath = [...new Map(files.map((file) => [file.path, file])).values()];
  for (let from = 0; from < byPath.length; from += FILES_PER_COMMAND) {
    const batch = byPath.slice(from, from + FILES_PER_COMMAND);
    const entries = batch.flatMap(({ id, path }) => ['--cacheinfo', `100644,${id},${path}`]);
    await git.run('update-index', '--add', ...entries);
  }
  const tree = (await git.run('write-tree', '--missing-ok')).trim();
  await git.run('read-tree', '--empty');
  await git.run('read-tree', '--reset', '-u', tree);
}

/** Files that were checked out. The `fault` says why they can't be stored, as that of `FilesOfFolder`. */
export async function readFiles(
  workFolder: string,
  { folder, files, fault }: FilesOfFolder,
): Promise<readonly FoundFile[] | { readonly fault: string }> {
  if (fault !== null) return { fault };
  const found: FoundFile[] = [];
  let size = 0;
  for (const { path, mode } of files) {
    const bytes = await readFile(join(workFolder, path));
    size += bytes.length;
    if (size > MAX_CONTENT_BYTES) return { fault: TOO_LARGE };
    found.push({ path: pathBelow(folder, path), bytes, isExecutable: mode === '100755' });
  }
  return found;
}
