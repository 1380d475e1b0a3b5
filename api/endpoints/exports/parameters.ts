/** The query parameters of exports. */
import { z } from 'zod';
import 'zod-openapi';
import { EXPORT_MODES, EXPORT_VERSIONS } from '../../../registry/exports/target.ts';

export const exportParameters = z.object({
  mode: z
    .enum(EXPORT_MODES, `must be one of ${EXPORT_MODES.join(', ')}`)
    .optional()
    .meta({
      description:
        'What the file does: `provide` gives users the servers, `allow` lets them use those that they add themselves. The default is the first mode of the target.',
    }),
  version: z
    .enum(EXPORT_VERSIONS, `must be one of ${EXPORT_VERSIONS.join(', ')}`)
    .optional()
    .meta({
      description:
        'Which versions are allowed: `all` active ones, the default, or only the `latest` of each server. Files that give users servers have the latest.',
    }),
});
