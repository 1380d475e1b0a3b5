import { isJsonObject, type JsonObject, parseJson } from '../../registry/json.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import type { FoundDocument } from '../../registry/scan/found.ts';
import {
  type FilesOfFolder,
  filesOfFolders,
  manifestPath,
  pluginFolder,
  storable,
} from '../../registry/scan/layout.ts';
import { type ListedPlugin, listedPlugins } from '../../registry/scan/marketplace.ts';
import { otherPluginDocument, pluginDocument } from '../../registry/scan/plugin-document.ts';
import type { Scan } from './scan.ts';

/** A plugin that a manifest or a marketplace describes. */
interface Plugin {
  /** The file that describes it. */
  readonly location: string;
  readonly found: FoundDocument;
  /** Its folder in the repository; absent if it is in another repository. */
  readonly folder?: string;
}

/** Stages the plugins of marketplaces, then those that no marketplace lists, with their files. */
export async function stagePlugins(scan: Scan): Promise<void> {
  const plugins = await findPlugins(scan);
  const folders = filesOfFolders(
    scan.layout.entries,
    new Set(plugins.flatMap(({ found, folder }) => ('document' in found && folder !== undefined ? [folder] : []))),
  );
  const wanted = storable(folders);
  if (wanted.length > 0) await scan.checkOut(wanted);
  const byPath = new Map(folders.map((one) => [one.folder, one]));
  for (const { found, folder, location } of plugins) {
    await stageFound(scan, { found, location, files: folder === undefined ? undefined : byPath.get(folder) });
  }
}

async function findPlugins(scan: Scan): Promise<readonly Plugin[]> {
  const manifests = new Map<string, string>();
  for (const { path } of scan.layout.manifests) manifests.set(pluginFolder(path), (await scan.read(path)).toString());
  const plugins: Plugin[] = [];
  for (const { path } of scan.layout.marketplaces) {
    const listed = listedPlugins((await scan.read(path)).toString(), pluginFolder(path));
    if ('fault' in listed) {
      plugins.push({ location: path, found: { name: null, fault: `marketplace.json ${listed.fault}` } });
      continue;
    }
    for (const plugin of listed) {
      const found = listedDocument(scan, plugin, manifests);
      plugins.push({ location: path, found, ...('folder' in plugin && { folder: plugin.folder }) });
    }
  }
  const listedFolders = new Set(plugins.map(({ folder }) => folder));
  for (const [folder, text] of manifests) {
    if (listedFolders.has(folder)) continue;
    const found = manifestDocument(scan, { folder, text, listed: undefined });
    plugins.push({ location: manifestPath(folder), found, folder });
  }
  return plugins;
}

function listedDocument(scan: Scan, plugin: ListedPlugin, manifests: ReadonlyMap<string, string>): FoundDocument {
  const { name, entry } = plugin;
  if ('fault' in plugin) return { name, fault: `its entry in marketplace.json ${plugin.fault}` };
  if ('elsewhere' in plugin) return otherPluginDocument(entry, scan.repository, plugin.elsewhere);
  const { folder } = plugin;
  if (!scan.layout.trees.has(folder))
    return { name, fault: `its folder ${folder} isn't in the scanned part of the repository` };
  return manifestDocument(scan, { folder, text: manifests.get(folder), listed: entry });
}

function manifestDocument(
  { repository, pins }: Scan,
  {
    folder,
    text,
    listed,
  }: { readonly folder: string; readonly text: string | undefined; readonly listed: JsonObject | undefined },
): FoundDocument {
  if (text === undefined) return pluginDocument({ manifest: undefined, listed }, repository, pins.of(folder));
  const manifest = parseJson(text);
  if (isJsonObject(manifest)) return pluginDocument({ manifest, listed }, repository, pins.of(folder));
  const name = listed?.['name'] ?? folder.split('/').at(-1);
  return {
    name: typeof name === 'string' && name !== '' ? name : null,
    fault: ".claude-plugin/plugin.json isn't a JSON object",
  };
}

async function stageFound(
  scan: Scan,
  { found, files, location }: Pick<Plugin, 'found' | 'location'> & { readonly files: FilesOfFolder | undefined },
): Promise<void> {
  if ('fault' in found) return await scan.reject('plugin', { name: found.name, reason: found.fault, location });
  const { document } = found;
  const outcome = draftFromSkill('plugin', { text: JSON.stringify(document), parsed: document });
  if ('rejection' in outcome) return await scan.stager.stageOutcome(outcome, location);
  const warnings = [...outcome.warnings, ...(found.warnings ?? [])];
  const read = files === undefined ? [] : await scan.readFolder(files);
  // Clients get the plugin from the repository, so it's of use without its files here.
  if ('fault' in read) {
    const warning = `its files are not stored: the plugin ${read.fault}`;
    return await scan.stager.stageOutcome({ ...outcome, warnings: [...warnings, warning] }, location);
  }
  const draft = read.length === 0 ? outcome.draft : { ...outcome.draft, files: await scan.store(read) };
  await scan.stager.stageOutcome({ draft, warnings }, location);
}
