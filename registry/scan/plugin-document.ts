/** Turns a plugin's manifest into the document of a plugin entry, as in ToolHive's plugin.schema.json. */
import { defined, isJsonObject, type JsonObject, textOf, textsOf } from '../json.ts';
import { type FoundDocument, origin, type PinnedFolder, type ScannedRepository } from './found.ts';
import type { OtherRepository } from './marketplace.ts';

const COMPONENTS = ['strict', 'commands', 'agents', 'skills'] as const;
/** Members of plugin.json and of the entries of marketplace.json that describe a plugin to people. */
const DESCRIPTIVE = ['author', 'homepage', 'category'] as const;

/**
 * The document of the plugin in a folder of the repository.
 *
 * @param manifest the content of `.claude-plugin/plugin.json`; undefined if the folder has none
 * @param listed the entry of a marketplace.json for this plugin, which supplies members that the manifest lacks;
 * undefined if there is none
 */
export function pluginDocument(
  { manifest, listed }: { readonly manifest: JsonObject | undefined; readonly listed: JsonObject | undefined },
  repository: ScannedRepository,
  pinned: PinnedFolder,
): FoundDocument {
  const where = manifest === undefined ? 'its entry in marketplace.json' : '.claude-plugin/plugin.json';
  // Users install a plugin by the name in the marketplace.
  const about: JsonObject = { ...listed, ...manifest, ...(listed !== undefined && { name: listed['name'] }) };
  const name = textOf(about['name']);
  const description = textOf(about['description'])?.trim() ?? textOf(listed?.['description'])?.trim();
  if (name === undefined) return { fault: `${where} has no name`, name: pinned.folder.split('/').at(-1) || null };
  if (description === undefined || description === '') return { fault: `${where} has no description`, name };
  const document = defined({
    namespace: repository.namespace,
    name,
    description,
    version: textOf(about['version']) ?? pinned.version,
    license: textOf(about['license']),
    ...origin(repository, pinned),
    metadata: metadataOf(about, manifest === undefined ? componentsOf(about) : undefined),
  });
  return { document };
}

/** The document of a plugin that a marketplace.json lists and that is in another repository. Its files aren't read. */
export function otherPluginDocument(
  listed: JsonObject,
  { namespace }: ScannedRepository,
  { url, ref, commit, subfolder }: OtherRepository,
): FoundDocument {
  const name = textOf(listed['name']);
  const description = textOf(listed['description'])?.trim();
  if (name === undefined) return { fault: 'its entry in marketplace.json has no name', name: null };
  if (description === undefined || description === '') {
    return { fault: 'its entry in marketplace.json has no description', name };
  }
  const version = textOf(listed['version']) ?? (commit === undefined ? undefined : `0.0.0-g${commit.slice(0, 12)}`);
  if (version === undefined) return { fault: 'its entry in marketplace.json has neither a version nor a sha', name };
  const document = defined({
    namespace,
    name,
    description,
    version,
    license: textOf(listed['license']),
    repository: { url, type: 'git' },
    packages: [defined({ registryType: 'git', url, ref, commit, subfolder })],
    metadata: metadataOf(listed, listed['strict'] === false ? componentsOf(listed) : undefined),
  });
  const warnings = commit === undefined ? ["it isn't pinned to a commit: set `sha` in its source"] : [];
  return { document, warnings };
}

/** The contents of a plugin without plugin.json, from its entry in the marketplace. */
function componentsOf(listed: JsonObject): JsonObject {
  return defined(Object.fromEntries(COMPONENTS.map((member) => [member, listed[member]])));
}

function metadataOf(about: JsonObject, claudeCode: JsonObject | undefined): JsonObject | undefined {
  const keywords = [...new Set([...textsOf(about['keywords']), ...textsOf(about['tags'])])];
  const metadata = defined({
    ...Object.fromEntries(DESCRIPTIVE.map((member) => [member, describing(about[member])])),
    keywords: keywords.length === 0 ? undefined : keywords,
    claudeCode,
  });
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}

function describing(value: unknown): unknown {
  return typeof value === 'string' || isJsonObject(value) ? value : undefined;
}
