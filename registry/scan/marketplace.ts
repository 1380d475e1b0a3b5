/**
 * Reads `.claude-plugin/marketplace.json`, a list of plugins in the same repository and elsewhere
 * (https://json.schemastore.org/claude-code-marketplace.json).
 */
import { repositoryPath } from '../patterns/repository-path.ts';
import { defined, isJsonObject, type JsonObject, memberOf, parseJson, textOf } from '../json.ts';

/** An entry of a marketplace, with the location of its plugin. */
export type ListedPlugin = {
  readonly name: string | null;
  readonly entry: JsonObject;
} & (
  | {
      /** The plugin is in this folder of the same repository. */
      readonly folder: string;
    }
  | {
      /** The plugin is in another repository. */
      readonly elsewhere: OtherRepository;
    }
  | { readonly fault: string }
);

export interface OtherRepository {
  readonly url: string;
  readonly ref?: string;
  /** The pinned commit; absent if the plugin isn't pinned. */
  readonly commit?: string;
  readonly subfolder?: string;
}

const MAX_PLUGINS = 2_000;

/**
 * The plugins of a marketplace.json, or the fault of the file.
 *
 * @param root the folder that has `.claude-plugin/`; empty for the root of the repository
 */
export function listedPlugins(text: string, root: string): readonly ListedPlugin[] | { readonly fault: string } {
  const marketplace = parseJson(text);
  if (!isJsonObject(marketplace)) return { fault: "isn't a JSON object" };
  const { plugins } = marketplace;
  if (!Array.isArray(plugins)) return { fault: 'has no list "plugins"' };
  if (plugins.length > MAX_PLUGINS) return { fault: `has more than ${MAX_PLUGINS} plugins` };
  const base = textOf(memberOf(marketplace, 'metadata')['pluginRoot']) ?? '.';
  return plugins.map((entry: unknown): ListedPlugin => {
    if (!isJsonObject(entry)) return { name: null, entry: {}, fault: "isn't a JSON object" };
    return { name: textOf(entry['name']) ?? null, entry, ...placeOf(entry['source'], { root, base }) };
  });
}

type Place = { readonly folder: string } | { readonly elsewhere: OtherRepository } | { readonly fault: string };

function placeOf(source: unknown, { root, base }: { readonly root: string; readonly base: string }): Place {
  if (typeof source === 'string') {
    const folder = folderIn(root, /^\.?\//.test(source) ? source : `${base}/${source}`);
    return folder === null ? { fault: `has the source ${shown(source)}, which isn't in the repository` } : { folder };
  }
  if (!isJsonObject(source)) return { fault: 'has no source' };
  const [ref, commit] = [textOf(source['ref']), textOf(source['sha'])];
  if (commit !== undefined && !/^[0-9a-f]{40}$/.test(commit)) return { fault: "has a sha that isn't a full commit ID" };
  const kind = source['source'];
  if (kind === 'github') {
    const repo = textOf(source['repo']);
    if (repo === undefined || !/^[\w.-]+\/[\w.-]+$/.test(repo))
      return { fault: 'has a GitHub source without owner/repo' };
    return { elsewhere: defined({ url: `https://github.com/${repo}`, ref, commit }) };
  }
  if (kind === 'url' || kind === 'git-subdir') {
    const url = gitUrl(textOf(source['url']));
    if (url === null) return { fault: 'has a source whose URL is not https:// or SSH, or has credentials' };
    const subfolder = kind === 'url' ? undefined : folderIn('', textOf(source['path']) ?? '..');
    if (subfolder === null) return { fault: "has a source whose path isn't in its repository" };
    return { elsewhere: defined({ url, ref, commit, subfolder: subfolder || undefined }) };
  }
  return { fault: `has a source of the kind ${shown(kind)}, which an entry can't express` };
}

/** The folder that a relative path leads to; empty for the root, null for a path out of the repository. */
function folderIn(root: string, path: string): string | null {
  if (path.startsWith('/') || path.includes('\\')) return null;
  const joined = [root, path]
    .join('/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (joined.length === 0) return '';
  return repositoryPath(joined.join('/'));
}

/** `owner/repo` stands for GitHub. */
function gitUrl(url: string | undefined): string | null {
  if (url === undefined) return null;
  if (/^[\w.-]+\/[\w.-]+$/.test(url)) return `https://github.com/${url}`;
  const scpLike = /^(\w[\w.-]*@)([a-z0-9.-]+):(?!\/\/)(.+)$/i.exec(url);
  const parsed = URL.parse(scpLike === null ? url : `ssh://${scpLike[1]}${scpLike[2]}/${scpLike[3]}`);
  if (parsed === null || parsed.password !== '') return null;
  if (parsed.protocol === 'https:') return parsed.username === '' ? parsed.href : null;
  return parsed.protocol === 'ssh:' ? parsed.href : null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80);
}
