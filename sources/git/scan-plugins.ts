import { storedName } from '../../registry/entry-kind.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../registry/json.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import type { FoundDocument } from '../../registry/scan/found.ts';
import { manifestPath, pluginFolder } from '../../registry/scan/layout.ts';
import { type ListedPlugin, listedPlugins } from '../../registry/scan/marketplace.ts';
import { otherPluginDocument, pluginDocument } from '../../registry/scan/plugin-document.ts';
import type { Scan } from './scan.ts';

/** Stages the plugins of marketplaces, then those that no marketplace lists. */
export async function stagePlugins(scan: Scan): Promise<void> {
  const manifests = new Map<string, string>();
  for (const { path } of scan.layout.manifests) manifests.set(pluginFolder(path), (await scan.read(path)).toString());
  const listedFolders = new Set<string>();
  for (const { path } of scan.layout.marketplaces) {
    const listed = listedPlugins((await scan.read(path)).toString(), pluginFolder(path));
    if ('fault' in listed) {
      await reject(scan, { name: null, reason: `marketplace.json ${listed.fault}`, location: path });
      continue;
    }
    for (const plugin of listed) {
      if ('folder' in plugin) listedFolders.add(plugin.folder);
      await stageFound(scan, listedDocument(scan, plugin, manifests), path);
    }
  }
  for (const [folder, text] of manifests) {
    if (listedFolders.has(folder)) continue;
    await stageFound(scan, manifestDocument(scan, { folder, text, listed: undefined }), manifestPath(folder));
  }
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
  const manifest = text === undefined ? undefined : parseJson(text);
  if (manifest !== undefined || text === undefined) {
    const isObject = manifest === undefined || isJsonObject(manifest);
    if (isObject) return pluginDocument({ manifest, listed }, repository, pins.of(folder));
  }
  const name = listed?.['name'] ?? folder.split('/').at(-1);
  return {
    name: typeof name === 'string' && name !== '' ? name : null,
    fault: ".claude-plugin/plugin.json isn't a JSON object",
  };
}

async function stageFound(scan: Scan, found: FoundDocument, location: string): Promise<void> {
  if ('fault' in found) return await reject(scan, { name: found.name, reason: found.fault, location });
  const { document } = found;
  const outcome = draftFromSkill('plugin', { text: JSON.stringify(document), parsed: document });
  await scan.stager.stageOutcome(
    'draft' in outcome ? { ...outcome, warnings: [...outcome.warnings, ...(found.warnings ?? [])] } : outcome,
    location,
  );
}

async function reject(
  { repository, stager }: Scan,
  { name, reason, location }: { readonly name: string | null; readonly reason: string; readonly location: string },
): Promise<void> {
  const stored = name === null ? null : storedName('plugin', `${repository.namespace}/${name}`);
  await stager.stageOutcome({ rejection: { name: stored, version: null, reason } }, location);
}
