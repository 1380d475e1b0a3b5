import { textOf } from '../../json.ts';
import { jsonText } from '../formats.ts';
import { gitSource, listEach, metadataOf, type SkillTarget } from './skill-target.ts';

/** Its documentation asks for a category on each plugin, although Codex accepts plugins without one. */
const DEFAULT_CATEGORY = 'Productivity';

export const codexMarketplace: SkillTarget = {
  id: 'codex-marketplace',
  title: 'Codex: .agents/plugins/marketplace.json',
  documentation: 'https://developers.openai.com/codex/plugins/build',
  fileName: 'marketplace.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: [
    'Plugins need a Git package. Their names have no namespace, so plugins with the same name are left out.',
    'Codex reads the file `.agents/plugins/marketplace.json` of a repository or of the home folder, and no URL.',
  ],
  lists: 'plugin',
  renderSkills: (catalog) => {
    const { entries, report } = listEach(catalog, (plugin, name) => {
      const { source, notes } = gitSource(plugin, './');
      const entry = {
        name,
        source,
        policy: { installation: 'AVAILABLE', authentication: 'ON_INSTALL' },
        category: textOf(metadataOf(plugin)['category']) ?? DEFAULT_CATEGORY,
      };
      return { entry, notes };
    });
    const { registry } = catalog;
    return { text: jsonText({ name: registry, interface: { displayName: registry }, plugins: entries }), report };
  },
};
