/** `rollcall show --kind skill` and `--kind plugin` */
import type { SkillKind } from '../../../registry/entry-kind.ts';
import { type Verification, VERIFICATION } from '../../../registry/skills/provenance.ts';
import { ENTRY_STATE, FILES } from '../../../registry/skills/served-skill.ts';
import { entryPath, readJson, registryPath } from '../../server/registry-reads.ts';
import { connectServer } from '../../server/server-connection.ts';
import { printAnswer, type ServerOptions } from '../../server/server-options.ts';

interface SkillOptions extends ServerOptions {
  readonly kind: SkillKind;
  readonly registry?: string | undefined;
}

interface Skill {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly description: string;
  readonly status: string;
  readonly license?: string;
  readonly repository?: { readonly url?: string };
  readonly packages?: readonly SkillPackage[];
  readonly _meta: {
    readonly [ENTRY_STATE]?: { readonly statusMessage?: string; readonly updatedAt?: string };
    readonly [FILES]?: { readonly package?: string; readonly fault?: string };
    readonly [VERIFICATION]?: Verification;
  };
}
interface SkillPackage {
  readonly registryType: string;
  readonly identifier?: string;
  readonly url?: string;
  readonly commit?: string;
  readonly subfolder?: string;
}

/** Prints the latest version, and the location of its files. */
export async function showSkill(name: string, { kind, registry, ...options }: SkillOptions): Promise<void> {
  const url = registryPath(registry) + entryPath(kind, name);
  printAnswer(options, await readJson<Skill>(await connectServer(options), url), skillText);
}

function skillText(skill: Skill): string {
  const { [ENTRY_STATE]: state, [FILES]: files, [VERIFICATION]: verification } = skill['_meta'];
  const { statusMessage, updatedAt } = state ?? {};
  return [
    `${skill.namespace}/${skill.name} ${skill.version}`,
    ...(skill.title === undefined ? [] : [skill.title]),
    skill.description,
    '',
    `Status      ${skill.status}${statusMessage === undefined ? '' : `: ${statusMessage}`}`,
    ...(updatedAt === undefined ? [] : [`Updated     ${updatedAt}`]),
    ...(skill.license === undefined ? [] : [`License     ${skill.license}`]),
    ...(skill.repository?.url === undefined ? [] : [`Repository  ${skill.repository.url}`]),
    ...(skill.packages ?? []).map((found) => `Package     ${packageText(found)}`),
    ...(files?.package === undefined ? [] : [`Files       from ${files.package}`]),
    ...(files?.fault === undefined ? [] : [`Problem     ${files.fault}`]),
    ...(verification === undefined ? [] : [`Signature   ${verificationText(verification)}`]),
  ].join('\n');
}

function verificationText({ result, reason, identity }: Verification): string {
  const detail = reason ?? identity;
  return detail === undefined ? result : `${result}: ${detail}`;
}

function packageText({ registryType, identifier, url, commit, subfolder }: SkillPackage): string {
  const place = [identifier ?? url ?? '', ...(subfolder === undefined ? [] : [subfolder])].join(' ');
  return `${registryType} ${place}${commit === undefined ? '' : ` at ${commit.slice(0, 12)}`}`;
}
