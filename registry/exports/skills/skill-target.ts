/** Targets that list the skills or plugins of a registry. Each lists the latest version of each, under its name without namespace. */
import type { SkillKind } from '../../entry-kind.ts';
import { defined, type JsonObject, memberOf, objectsOf, textOf } from '../../json.ts';
import { attempt, LeftOut, leftOut, type Rendering, type ReportLine, type TargetFacts } from '../target.ts';

export interface SkillTarget extends TargetFacts {
  readonly lists: SkillKind;
  readonly renderSkills: (catalog: SkillCatalog) => Rendering;
}

export interface SkillCatalog {
  /** Name of the registry. */
  readonly registry: string;
  /** The latest versions that aren't deleted, ordered by name. */
  readonly skills: readonly CatalogSkill[];
}

/** The latest version of a skill or plugin. */
export interface CatalogSkill {
  /** The name with its namespace: `com.example/pdf`. */
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly document: JsonObject;
  /** The stored artifact: its SKILL.md if that is its only file, or else an archive. Null if nothing is stored. */
  readonly artifact: Artifact | null;
}

export interface Artifact {
  readonly type: 'skill-md' | 'archive';
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
}

interface Listed<Entry> {
  readonly entries: readonly Entry[];
  readonly report: readonly ReportLine[];
}

/**
 * Writes an entry for each skill or plugin that is active. If several namespaces have the same name, none of them is
 * listed: a client would install one in place of the other.
 *
 * @param write throws LeftOut for an entry that the format can't express
 */
export function listEach<Entry>(
  { skills }: SkillCatalog,
  write: (skill: CatalogSkill, shortName: string) => { readonly entry: Entry; readonly notes?: readonly string[] },
): Listed<Entry> {
  const entries: Entry[] = [];
  const bearers = Map.groupBy(
    skills.filter(({ status }) => status === 'active'),
    ({ name }) => shortNameOf(name),
  );
  const report = skills.map((skill): ReportLine => {
    const { name, version, status } = skill;
    if (status !== 'active') return leftOut(name, [`it is ${status}`]);
    const shortName = shortNameOf(name);
    const others = (bearers.get(shortName) ?? []).filter((other) => other !== skill);
    if (others.length > 0) {
      return leftOut(name, [`${others.map((other) => other.name).join(', ')} has the same name in this format`]);
    }
    const outcome = attempt(() => write(skill, shortName));
    if ('reason' in outcome) return leftOut(name, [outcome.reason]);
    const { entry, notes = [] } = outcome.value;
    entries.push(entry);
    return { name, included: true, versions: [version], denied: false, notes };
  });
  return { entries, report };
}

function shortNameOf(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/**
 * The location of the first Git package of a plugin, in the form of marketplaces, with notes for users.
 *
 * @param prefix the prefix of folder paths
 */
export function gitSource({ document }: CatalogSkill, prefix = ''): { source: JsonObject; notes: readonly string[] } {
  const git = objectsOf(document['packages']).find((candidate) => candidate['registryType'] === 'git');
  const url = textOf(git?.['url']);
  if (git === undefined || url === undefined)
    throw new LeftOut('it has no Git package, the only kind that this client installs');
  const folder = textOf(git['subfolder']);
  const place = folder === undefined ? { source: 'url', url } : { source: 'git-subdir', url, path: prefix + folder };
  const commit = textOf(git['commit']);
  const isPinned = commit !== undefined && /^[0-9a-f]{40}$/.test(commit);
  return {
    source: defined({ ...place, ref: textOf(git['ref']), sha: isPinned ? commit : undefined }),
    notes: isPinned ? [] : ["it isn't pinned to a commit: users get whatever its repository has"],
  };
}

export function metadataOf({ document }: CatalogSkill): JsonObject {
  return memberOf(document, 'metadata');
}
