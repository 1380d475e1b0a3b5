import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import { type FilesOfFolder, pathIn } from '../../registry/scan/layout.ts';
import { skillDocument } from '../../registry/scan/skill-document.ts';
import type { Scan } from './scan.ts';

/** Stages the skill in a folder with its files, or its rejection. */
export async function stageSkill(scan: Scan, skill: FilesOfFolder): Promise<void> {
  const { repository, pins, stager, read } = scan;
  const { folder } = skill;
  const location = pathIn(folder, 'SKILL.md');
  const reject = async (name: string | null, reason: string): Promise<void> =>
    await scan.reject('skill', { name, reason, location });
  if (skill.fault !== null) return await reject(folder.split('/').at(-1) || null, `the skill ${skill.fault}`);
  const found = skillDocument(await read(location), repository, pins.of(folder));
  if ('fault' in found) return await reject(found.name, found.fault);
  const files = await scan.readFolder(skill);
  if ('fault' in files) return await reject(String(found.document['name']), `the skill ${files.fault}`);
  const text = JSON.stringify(found.document);
  const outcome = draftFromSkill('skill', { text, parsed: found.document });
  if ('rejection' in outcome) return await stager.stageOutcome(outcome, location);
  const draft = { ...outcome.draft, searchedText: found.searchedText, files: await scan.store(files) };
  const warnings = [...outcome.warnings, ...nameWarning(folder, String(found.document['name']))];
  await stager.stageOutcome({ draft, warnings }, location);
}

/** Clients that install a skill from a Git folder expect the folder's name. */
function nameWarning(folder: string, name: string): string[] {
  const folderName = folder.split('/').at(-1);
  return folderName === '' || folderName === name
    ? []
    : [`its name differs from the name of its folder, ${folderName}`];
}
