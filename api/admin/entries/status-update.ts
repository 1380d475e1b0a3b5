/** The body of a status change: checks it, and describes it in the OpenAPI document. */
import { z } from 'zod';
import 'zod-openapi';
import { ENTRY_STATUSES, SERVER_STATUSES } from '../../../registry/entry.ts';
import { text } from '../../http/values.ts';

const MAX_STATUS_MESSAGE = 500;

const WRONG_STATUS = 'must be active, deprecated, deleted or, for skills and plugins, archived';

/** For skills and plugins. */
export const skillStatusUpdate = z
  .object({
    status: z.enum(ENTRY_STATUSES, WRONG_STATUS).meta({ example: 'deprecated' }),
    statusMessage: text
      .max(MAX_STATUS_MESSAGE, `must not be longer than ${MAX_STATUS_MESSAGE} characters`)
      .optional()
      .meta({ description: 'Why; not for `active`.', example: 'Use 2.0.0 instead' }),
  })
  .refine(({ status, statusMessage }) => status !== 'active' || !statusMessage, {
    path: ['statusMessage'],
    message: 'must not be given with the status active',
  })
  .meta({ id: 'SkillStatusUpdateRequest' });

/** For servers. */
export const statusUpdate = skillStatusUpdate
  .safeExtend({ status: z.enum(SERVER_STATUSES, WRONG_STATUS).meta({ example: 'deprecated' }) })
  .meta({ id: 'StatusUpdateRequest' });
