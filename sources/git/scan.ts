/** Stages the skills and plugins of a commit: its SKILL.md, plugin.json, and marketplace.json files. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { SnapshotStager } from '../../activities/staging/snapshot-stager.ts';
import { RollcallError } from '../../registry/failure.ts';
import { type Layout, layoutOf, type TreeEntry } from '../../registry/scan/layout.ts';
import type { ScannedRepository } from '../../registry/scan/found.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import type { GitClient } from './client.ts';
import { type GitOrigin, namespaceOf } from './definition.ts';
import { Pins, type StoredPins } from './pins.ts';
import { publicUrl } from './repository-url.ts';
import { stagePlugins } from './scan-plugins.ts';
import { stageSkill } from './scan-skills.ts';

/** How many files to examine before other work can run. */
const LINES_PER_TURN = 1_000;
/** Arguments of one command, well below the limits of operating systems. */
const FILES_PER_COMMAND = 500;

export interface ScanOptions {
  readonly origin: GitOrigin;
  /** Where git works. */
  readonly folder: string;
  readonly commit: string;
  /** What the entries of the last applied fetch are pinned to. */
  readonly previous: StoredPins;
  readonly stager: SnapshotStager;
}

/** What the parts of a scan work with. */
export interface Scan {
  readonly repository: ScannedRepository;
  readonly layout: Layout;
  readonly pins: Pins;
  readonly stager: SnapshotStager;
  /** Reads a file of the commit. */
  readonly read: (path: string) => Promise<Buffer>;
}

/** Returns what the entries are pinned to now. */
export async function stageScan(git: GitClient, options: ScanOptions): Promise<StoredPins> {
  const { origin, folder, commit, previous, stager } = options;
  const scan = origin.scan ?? {};
  const layout = await readLayout(git, { commit, folder: scan.folder ?? '' });
  const { skills, manifests, marketplaces } = layout;
  if (skills.length + manifests.length + marketplaces.length === 0) {
    const where = scan.folder === undefined ? '' : ` in the folder ${scan.folder}`;
    throw new RollcallError(
      'UpstreamNotFound',
      `there is no SKILL.md, plugin.json, or marketplace.json${where} at commit ${commit.slice(0, 12)} of the repository ${displayUrl(origin.repository)}`,
    );
  }
  const files = [
    ...skills.flatMap((skill) => (skill.fault === null ? skill.files : [])),
    ...manifests,
    ...marketplaces,
  ];
  await checkOutFiles(git, folder, files);
  const committedAt = (await git.run('show', '--no-patch', '--format=%cI', commit)).trim();
  const context: Scan = {
    repository: { namespace: namespaceOf(origin), url: publicUrl(origin.repository), ref: origin.tag ?? origin.branch },
    layout,
    pins: new Pins({ commit, committedAt, previous, trees: layout.trees }),
    stager,
    read: async (path) => await readFile(join(folder, path)),
  };
  for (const skill of skills) await stageSkill(context, skill);
  await stagePlugins(context);
  return context.pins.current;
}

async function readLayout(
  git: GitClient,
  { commit, folder }: { readonly commit: string; readonly folder: string },
): Promise<Layout> {
  const below = folder === '' ? [] : ['--', `${folder}/`];
  const listing = await git.run('ls-tree', '-r', '-t', '-z', '--full-tree', commit, ...below);
  const entries: TreeEntry[] = [];
  let lines = 0;
  for (const line of listing.split('\0')) {
    lines += 1;
    if (lines % LINES_PER_TURN === 0) await setImmediate();
    const tab = line.indexOf('\t');
    const [mode, , id] = line.slice(0, Math.max(tab, 0)).split(' ');
    if (mode === undefined || id === undefined) continue;
    entries.push({ mode, id, path: line.slice(tab + 1) });
  }
  return layoutOf(entries, (await git.run('rev-parse', '--verify', `${commit}^{tree}`)).trim());
}

/**
 * Checks out exactly these files, as they are stored in the repository. Git refuses to check out a commit that has a single
 * unsafe path, so the files get a tree of their own. What is missing is fetched at once.
 */
async function checkOutFiles(git: GitClient, folder: string, files: readonly TreeEntry[]): Promise<void> {
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
