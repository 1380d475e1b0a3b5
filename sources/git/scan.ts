/** Stages the skills and plugins of a commit: its SKILL.md, plugin.json, and marketplace.json files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotStager } from '../../activities/staging/snapshot-stager.ts';
import { type SkillKind, storedName } from '../../registry/entry-kind.ts';
import type { EntryFile } from '../../registry/entry.ts';
import { RollcallError } from '../../registry/failure.ts';
import { type FilesOfFolder, type Layout, layoutOf, storable, type TreeEntry } from '../../registry/scan/layout.ts';
import type { ScannedRepository } from '../../registry/scan/found.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import { type FoundFile, storableFiles } from '../storable-files.ts';
import type { GitClient } from './client.ts';
import { checkOutFiles, listFiles, readFiles } from './commit-files.ts';
import { type GitOrigin, namespaceOf } from './definition.ts';
import { Pins, type StoredPins } from './pins.ts';
import { publicUrl } from './repository-url.ts';
import { stagePlugins } from './scan-plugins.ts';
import { stageSkill } from './scan-skills.ts';

export interface ScanOptions {
  readonly origin: GitOrigin;
  /** The folder that git works in. */
  readonly folder: string;
  readonly commit: string;
  /** The pins of the last applied fetch. */
  readonly previous: StoredPins;
  readonly stager: SnapshotStager;
}

/** The parts that a scan works with. */
export interface Scan {
  readonly repository: ScannedRepository;
  readonly layout: Layout;
  readonly pins: Pins;
  readonly stager: SnapshotStager;
  /** Gets files of the commit, which can be read then. */
  readonly checkOut: (files: readonly TreeEntry[]) => Promise<void>;
  /** Reads a file that was checked out. */
  readonly read: (path: string) => Promise<Buffer>;
  /** Reads the files of a folder that were checked out. */
  readonly readFolder: (folder: FilesOfFolder) => ReturnType<typeof readFiles>;
  /** Stores the content of files, and of an archive of them. */
  readonly store: (files: readonly FoundFile[]) => Promise<readonly EntryFile[]>;
  readonly reject: (kind: SkillKind, rejection: Rejection) => Promise<void>;
}

interface Rejection {
  /** The name; null if it has none. */
  readonly name: string | null;
  readonly reason: string;
  /** The file that describes it. */
  readonly location: string;
}

/** Stages the skills and plugins. Returns their new pins. */
export async function stageScan(git: GitClient, options: ScanOptions): Promise<StoredPins> {
  const { origin, folder, commit, previous, stager } = options;
  const scan = origin.scan ?? {};
  const rootTree = (await git.run('rev-parse', '--verify', `${commit}^{tree}`)).trim();
  const layout = layoutOf(await listFiles(git, { commit, folder: scan.folder ?? '' }), rootTree);
  const { skills, manifests, marketplaces } = layout;
  if (skills.length + manifests.length + marketplaces.length === 0) {
    const where = scan.folder === undefined ? '' : ` in the folder ${scan.folder}`;
    throw new RollcallError(
      'UpstreamNotFound',
      `there is no SKILL.md, plugin.json, or marketplace.json${where} at commit ${commit.slice(0, 12)} of the repository ${displayUrl(origin.repository)}`,
    );
  }
  const committedAt = (await git.run('show', '--no-patch', '--format=%cI', commit)).trim();
  const namespace = namespaceOf(origin);
  const context: Scan = {
    repository: { namespace, url: publicUrl(origin.repository), ref: origin.tag ?? origin.branch },
    layout,
    pins: new Pins({ commit, committedAt, previous, trees: layout.trees }),
    stager,
    checkOut: async (files) => await checkOutFiles(git, folder, files),
    read: async (path) => await readFile(join(folder, path)),
    readFolder: async (found) => await readFiles(folder, found),
    store: async (found) => {
      const { files, contents } = await storableFiles(found);
      await stager.storeContents(contents);
      return files;
    },
    reject: async (kind, { name, reason, location }) => {
      const stored = name === null ? null : storedName(kind, `${namespace}/${name}`);
      await stager.stageOutcome({ rejection: { name: stored, version: null, reason } }, location);
    },
  };
  await context.checkOut([...storable(skills), ...manifests, ...marketplaces]);
  for (const skill of skills) await stageSkill(context, skill);
  await stagePlugins(context);
  return context.pins.current;
}
