import { defined, isJsonObject, type JsonObject, textOf, textsOf } from '../../json.ts';
import { jsonText } from '../formats.ts';
import { type CatalogSkill, gitSource, listEach, metadataOf, type SkillTarget } from './skill-target.ts';

/** Members that list the components of a plugin without its own plugin.json, from its marketplace. */
const COMPONENTS = ['commands', 'agents', 'skills'] as const;

export const claudeCodeMarketplace: SkillTarget = {
  id: 'claude-code-marketplace',
  title: 'Claude Code, Copilot CLI, VS Code: marketplace.json',
  documentation: 'https://code.claude.com/docs/en/plugin-marketplaces',
  fileName: 'marketplace.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: [
    'Plugins need a Git package. Their names have no namespace, so plugins with the same name are left out.',
    'Clients fetch plugins from their repositories, with the access that their users have.',
  ],
  lists: 'plugin',
  renderSkills: (catalog) => {
    const { entries, report } = listEach(catalog, (plugin, name) => {
      const { source, notes } = gitSource(plugin);
      const { description } = plugin.document;
      return { entry: { name, source, description, version: plugin.version, ...describedBy(plugin) }, notes };
    });
    const { registry } = catalog;
    const $schema = 'https://json.schemastore.org/claude-code-marketplace.json';
    const description = `Plugins of the registry ${registry}`;
    const marketplace = { $schema, name: registry, description, owner: { name: registry }, plugins: entries };
    return { text: jsonText(marketplace), report };
  },
};

function describedBy(plugin: CatalogSkill): JsonObject {
  const metadata = metadataOf(plugin);
  const keywords = textsOf(metadata['keywords']);
  const homepage = textOf(metadata['homepage']);
  return defined({
    author: authorOf(metadata['author']),
    homepage: homepage !== undefined && URL.canParse(homepage) ? homepage : undefined,
    license: textOf(plugin.document['license']),
    category: textOf(metadata['category']),
    keywords: keywords.length === 0 ? undefined : keywords,
    ...componentsOf(metadata['claudeCode']),
  });
}

function authorOf(author: unknown): JsonObject | undefined {
  if (typeof author === 'string' && author !== '') return { name: author };
  const name = isJsonObject(author) ? textOf(author['name']) : undefined;
  if (!isJsonObject(author) || name === undefined) return undefined;
  return defined({ name, email: textOf(author['email']), url: textOf(author['url']) });
}

function componentsOf(listed: unknown): JsonObject {
  if (!isJsonObject(listed)) return {};
  const paths = COMPONENTS.map(
    (member) => [member, textsOf([listed[member]].flat()).filter((path) => path.startsWith('./'))] as const,
  );
  return { strict: false, ...Object.fromEntries(paths.filter(([, list]) => list.length > 0)) };
}
