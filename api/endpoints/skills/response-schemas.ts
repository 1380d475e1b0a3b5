/** Response schemas for the OpenAPI document and for tests. Documents of sources are served as they were published. */
import { z } from 'zod';
import 'zod-openapi';
import { ENTRY_STATUSES } from '../../../registry/entry.ts';
import type { SkillKind } from '../../../registry/entry-kind.ts';
import { PROVENANCE } from '../../../registry/server-json/extension.ts';
import { ENTRY_STATE } from '../../../registry/skills/served-skill.ts';
import { entryProvenance, entryState, listMetadata } from '../v0.1/response-schemas.ts';

const members = {
  namespace: z.string().meta({ example: 'io.github.someone' }),
  name: z.string().meta({ example: 'pdf-forms' }),
  description: z.string().meta({ example: 'Fills in PDF forms' }),
  version: z.string().meta({ example: '1.0.0' }),
  status: z.enum(ENTRY_STATUSES).meta({ description: 'The current status.' }),
  _meta: z.looseObject({
    [ENTRY_STATE]: entryState(ENTRY_STATUSES)
      .extend({
        documentStatus: z
          .unknown()
          .optional()
          .meta({ description: 'The status in the published document, if it differs; null if the document has none.' }),
      })
      .meta({ description: 'The state of the entry in this registry.' }),
    [PROVENANCE]: entryProvenance,
  }),
};

const servedSkill = z.looseObject(members).meta({ id: 'ServedSkill', description: 'A skill with its current status.' });
const servedPlugin = z
  .looseObject(members)
  .meta({ id: 'ServedPlugin', description: 'A plugin with its current status.' });

const skillList = z.object({ skills: z.array(servedSkill), metadata: listMetadata }).meta({ id: 'SkillList' });
const pluginList = z.object({ plugins: z.array(servedPlugin), metadata: listMetadata }).meta({ id: 'PluginList' });

/** The responses for a kind: one entry, and a list. */
export function responsesOf(kind: SkillKind): { readonly one: z.ZodType; readonly list: z.ZodType } {
  return kind === 'skill' ? { one: servedSkill, list: skillList } : { one: servedPlugin, list: pluginList };
}
