/** The body of a status change: checks it, and describes it in the OpenAPI document. */
import { z } from 'zod';
import 'zod-openapi';
import { SERVER_STATUSES } from '../../registry/entry.ts';
import { text } from '../http/text.ts';

const MAX_STATUS_MESSAGE = 500;

export const statusUpdate = z
  .object({
    status: z.enum(SERVER_STATUSES, `must be one of ${SERVER_STATUSES.join(', ')}`).meta({ example: 'deprecated' }),
    statusMessage: text
      .max(MAX_STATUS_MESSAGE, `must not be longer than ${MAX_STATUS_MESSAGE} characters`)
      .optional()
      .meta({ description: 'Why; not for `active`.', example: 'Use 2.0.0 instead' }),
  })
  .refine(({ status, statusMessage }) => status !== 'active' || !statusMessage, {
    path: ['statusMessage'],
    message: 'must not be given with the status active',
  })
  .meta({ id: 'StatusUpdateRequest' });
