import type { SnapshotStager } from '../../activities/staging/snapshot-stager.ts';
import { storedName } from '../../registry/entry-kind.ts';
import type { EntryFile } from '../../registry/entry.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import { type FilesOfFolder, pathIn } from '../../registry/scan/layout.ts';
import { skillDocument } from '../../registry/scan/skill-document.ts';
import { type FoundFile, storableFiles } from '../storable-files.ts';
import type { Scan } from './scan.ts';

/** Stages the skill in a folder with its files, or its rejection. */
export async function stageSkill(scan: Scan, skill: FilesOfFolder): Promise<void> {
  const { repository, pins, stager, read } = scan;
  const { folder } = skill;
  const location = pathIn(folder, 'SKILL.md');
  const reject = async (name: string | null, reason: string): Promise<void> => {
    const stored = name === null ? null : storedName('skill', `${repository.namespace}/${name}`);
    await stager.stageOutcome({ rejection: { name: stored, version: null, reason } }, location);
  };
  if (skill.fault !== null) return await reject(folder.split('/').at(-1) || null, `the skill ${skill.fault}`);
  const found = skillDocument(await read(location), repository, pins.of(folder));
  if ('fault' in found) return await reject(found.name, found.fault);
  const files = await scan.readFolder(skill);
  if ('fault' in files) return await reject(String(found.document['name']), `the skill ${files.fault}`);
  const text = JSON.stringify(found.document);
  const outcome = draftFromSkill('skill', { text, parsed: found.document });
  if ('rejection' in outcome) return await stager.stageOutcome(outcome, location);
  const draft = { ...outcome.draft, searchedText: found.searchedText, files: await storeFiles(stager, files) };
  const warnings = [...outcome.warnings, ...nameWarning(folder, String(found.document['name']))];
  await stager.stageOutcome({ draft, warnings }, location);
}

/** Stores the content of the files, and of an archive of them. */
export async function storeFiles(stager: SnapshotStager, found: readonly FoundFile[]): Promise<readonly EntryFile[]> {
  const contents = await storableFiles(found);
  await stager.storeContents(contents.map(({ file, bytes }) => ({ digest: Buffer.from(file.digest, 'hex'), bytes })));
  return contents.map(({ file }) => file);
}

/** Clients that install a skill from a Git folder expect the folder's name. */
function nameWarning(folder: string, name: string): string[] {
  const folderName = folder.split('/').at(-1);
  return folderName === '' || folderName === name
    ? []
    : [`its name differs from the name of its folder, ${folderName}`];
}
