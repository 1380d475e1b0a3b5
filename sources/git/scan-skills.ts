import { hash } from 'node:crypto';
import { skillArchive } from '../skill-archive.ts';
import { storedName } from '../../registry/entry-kind.ts';
import type { EntryFile } from '../../registry/entry.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import { MAX_SKILL_BYTES, pathIn, type SkillFolder } from '../../registry/scan/layout.ts';
import { skillDocument } from '../../registry/scan/skill-document.ts';
import type { Scan } from './scan.ts';

/** Stages the skill in a folder with its files, or its rejection. */
export async function stageSkill(scan: Scan, { folder, files, fault }: SkillFolder): Promise<void> {
  const { repository, pins, stager, read } = scan;
  const location = pathIn(folder, 'SKILL.md');
  const reject = async (name: string | null, reason: string): Promise<void> => {
    const stored = name === null ? null : storedName('skill', `${repository.namespace}/${name}`);
    await stager.stageOutcome({ rejection: { name: stored, version: null, reason } }, location);
  };
  if (fault !== null) return await reject(folder.split('/').at(-1) || null, `the skill ${fault}`);
  const found = skillDocument(await read(location), repository, pins.of(folder));
  if ('fault' in found) return await reject(found.name, found.fault);
  const contents: { readonly file: EntryFile; readonly bytes: Buffer }[] = [];
  let bytesSoFar = 0;
  for (const { path, mode } of files) {
    const bytes = await read(path);
    bytesSoFar += bytes.length;
    if (bytesSoFar > MAX_SKILL_BYTES) {
      return await reject(
        String(found.document['name']),
        `the skill has more than ${MAX_SKILL_BYTES / 1024 / 1024} MiB of files`,
      );
    }
    const relative = folder === '' ? path : path.slice(folder.length + 1);
    contents.push({ file: fileOf(relative, bytes, mode === '100755'), bytes });
  }
  if (contents.length > 1) {
    const archive = await skillArchive(contents);
    contents.push({ file: fileOf('', archive, false), bytes: archive });
  }
  const text = JSON.stringify(found.document);
  const outcome = draftFromSkill('skill', { text, parsed: found.document });
  if ('rejection' in outcome) return await stager.stageOutcome(outcome, location);
  await stager.storeContents(contents.map(({ file, bytes }) => ({ digest: Buffer.from(file.digest, 'hex'), bytes })));
  const draft = { ...outcome.draft, searchedText: found.searchedText, files: contents.map(({ file }) => file) };
  const warnings = [...outcome.warnings, ...nameWarning(folder, String(found.document['name']))];
  await stager.stageOutcome({ draft, warnings }, location);
}

function fileOf(path: string, bytes: Buffer, isExecutable: boolean): EntryFile {
  return { path, digest: hash('sha256', bytes, 'hex'), size: bytes.length, isExecutable };
}

/** Clients that install a skill from a Git folder expect the folder's name. */
function nameWarning(folder: string, name: string): string[] {
  const folderName = folder.split('/').at(-1);
  return folderName === '' || folderName === name
    ? []
    : [`its name differs from the name of its folder, ${folderName}`];
}
