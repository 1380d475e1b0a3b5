import { textOf } from '../../json.ts';
import { jsonText } from '../formats.ts';
import { LeftOut } from '../target.ts';
import { listEach, type SkillTarget } from './skill-target.ts';

const SCHEMA = 'https://schemas.agentskills.io/discovery/0.2.0/schema.json';
const MAX_DESCRIPTION = 1024;
const NAME = /^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;

export const agentSkillsIndex: SkillTarget = {
  id: 'agent-skills-index',
  title: 'Agent Skills: index.json',
  documentation: 'https://github.com/cloudflare/agent-skills-discovery-rfc',
  fileName: 'index.json',
  contentType: 'application/json',
  modes: ['provide'],
  limits: [
    'Lists the skills whose files are stored here: those that a Git source has scanned, and those whose package could be read.',
    'Their names have no namespace, so skills with the same name are left out.',
  ],
  lists: 'skill',
  renderSkills: (catalog) => {
    const { entries, report } = listEach(catalog, ({ document, artifact }, name) => {
      if (artifact === null) throw new LeftOut("its files aren't stored in this registry");
      if (!NAME.test(name))
        throw new LeftOut('its name has other characters than lowercase letters, digits, and single hyphens');
      const description = textOf(document['description']) ?? '';
      const { type, digest: hex } = artifact;
      const digest = `sha256:${hex}`;
      const url = `/registry/${encodeURIComponent(catalog.registry)}/content/${digest}`;
      const entry = { name, type, description: description.slice(0, MAX_DESCRIPTION), url, digest };
      return { entry, notes: description.length > MAX_DESCRIPTION ? ['its description is cut off'] : [] };
    });
    return { text: jsonText({ $schema: SCHEMA, skills: entries }), report };
  },
};
