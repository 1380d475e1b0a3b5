/** Finds skills and plugins in the list of a commit's files, before any of them is downloaded. */

// The limits for the files of a skill, which every host of MCP skills accepts (SEP-2640), and of a plugin.
export const MAX_FILES = 512;
export const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** The `fault` of a larger folder in `FilesOfFolder`. */
export const TOO_LARGE = `has more than ${MAX_CONTENT_BYTES / 1024 / 1024} MiB of files`;

/** An entry of a folder in Git. */
export interface FolderEntry {
  /** `100644`, `100755` (executable), `120000` (symbolic link), `160000` (submodule), or `040000` (folder). */
  readonly mode: string;
  readonly path: string;
}

/** A line of `git ls-tree -r -t`. */
export interface TreeEntry extends FolderEntry {
  readonly id: string;
}

/** The folder of a skill or plugin. */
export interface FilesOfFolder {
  /** Path in the repository; empty for its root. */
  readonly folder: string;
  /** All files below the folder, those of nested skills and plugins included. */
  readonly files: readonly TreeEntry[];
  /**
   * The reason why the files can't be stored, as a phrase that follows "the skill" or "the plugin"; null if they can.
   */
  readonly fault: string | null;
}

export interface Layout {
  readonly skills: readonly FilesOfFolder[];
  /** `.claude-plugin/plugin.json` files. */
  readonly manifests: readonly TreeEntry[];
  /** `.claude-plugin/marketplace.json` files. */
  readonly marketplaces: readonly TreeEntry[];
  /** The IDs of all folders, by path. Equal IDs mean equal content. */
  readonly trees: ReadonlyMap<string, string>;
  /** Everything that the commit contains. */
  readonly entries: readonly TreeEntry[];
}

const MANIFEST = '.claude-plugin/plugin.json';
const MARKETPLACE = '.claude-plugin/marketplace.json';
const SKILL = 'SKILL.md';
const MAX_PATH_BYTES = 1024;

/** @param rootTree the ID of the commit's root folder */
export function layoutOf(entries: readonly TreeEntry[], rootTree: string): Layout {
  const trees = new Map([['', rootTree]]);
  const skillFolders: string[] = [];
  const manifests: TreeEntry[] = [];
  const marketplaces: TreeEntry[] = [];
  for (const entry of entries) {
    const { mode, id, path } = entry;
    if (mode.startsWith('04')) trees.set(path, id);
    if (!isFile(entry) || pathFault(path) !== null) continue;
    if (isNamed(path, SKILL)) skillFolders.push(folderOf(path, SKILL));
    if (isNamed(path, MANIFEST)) manifests.push(entry);
    if (isNamed(path, MARKETPLACE)) marketplaces.push(entry);
  }
  const skills = filesOfFolders(entries, skillFolders);
  return {
    skills: skills.toSorted((one, other) => (one.folder < other.folder ? -1 : 1)),
    manifests,
    marketplaces,
    trees,
    entries,
  };
}

/** The files below each of these folders. */
export function filesOfFolders(entries: readonly TreeEntry[], folders: Iterable<string>): readonly FilesOfFolder[] {
  const files = new Map<string, TreeEntry[]>([...folders].map((folder) => [folder, []]));
  for (const entry of entries) {
    if (entry.mode.startsWith('04')) continue;
    for (const folder of foldersAbove(entry.path)) {
      const found = files.get(folder);
      // One more than allowed shows that there are too many.
      if (found !== undefined && found.length <= MAX_FILES) found.push(entry);
    }
  }
  return [...files].map(([folder, found]) => ({ folder, files: found, fault: filesFault(folder, found) }));
}

/** The files of those folders whose files can be stored. */
export function storable(folders: readonly FilesOfFolder[]): TreeEntry[] {
  return folders.flatMap(({ files, fault }) => (fault === null ? files : []));
}

/** The folder of a plugin or marketplace, by the path of its manifest. */
export function pluginFolder(path: string): string {
  return folderOf(path, isNamed(path, MANIFEST) ? MANIFEST : MARKETPLACE);
}

/** The path of a file in a folder of the repository. */
export function pathIn(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`;
}

/** The path of a file of the repository in this folder, relative to it. */
export function pathBelow(folder: string, path: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

/** The path of the manifest of the plugin in this folder. */
export function manifestPath(folder: string): string {
  return pathIn(folder, MANIFEST);
}

function isFile({ mode }: FolderEntry): boolean {
  return mode.startsWith('100');
}

function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`);
}

function folderOf(path: string, name: string): string {
  return path.slice(0, -name.length).replace(/\/$/, '');
}

/** The folders that a path is in: of `a/b/c`, the root, `a`, and `a/b`. */
function foldersAbove(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return ['', ...names.map((_, index) => names.slice(0, index + 1).join('/'))];
}

/**
 * The reason why files below a folder can't be stored, as a phrase that follows "the skill" or "the plugin"; null if
 * they can.
 */
export function filesFault(folder: string, files: readonly FolderEntry[]): string | null {
  if (files.length > MAX_FILES) return `has more than ${MAX_FILES} files`;
  const seen = new Map<string, string>();
  for (const entry of files) {
    const path = pathBelow(folder, entry.path);
    const fault = pathFault(entry.path) ?? kindFault(entry);
    if (fault !== null) return `has ${JSON.stringify(path.slice(0, 200))}, which ${fault}`;
    // Many file systems ignore case and Unicode normalization: the second file would replace the first.
    const folded = path.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) return `has two files that are the same on many systems: ${JSON.stringify([other, path])}`;
    seen.set(folded, path);
  }
  return null;
}

function kindFault(entry: FolderEntry): string | null {
  if (entry.mode.startsWith('120')) return 'is a symbolic link: replace it by the file that it points to';
  if (entry.mode.startsWith('160')) return "is a submodule, which isn't fetched: add its files";
  return isFile(entry) ? null : `has the unknown mode ${entry.mode}`;
}

/** The reason why a path must not be written to a disk, as a phrase that follows the path; null if it can. */
function pathFault(path: string): string | null {
  if (path.includes('\u{FFFD}')) return "has a name that isn't UTF-8";
  if (/[\p{Cc}\\]/u.test(path)) return 'has a control character or a backslash in its name';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `has a path of more than ${MAX_PATH_BYTES} bytes`;
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) return 'leads out of its folder';
  return names.some((name) => /^\.git$/i.test(name)) ? "has a name that's reserved for Git" : null;
}
