/** The query parameters of lists of skills and plugins, which are those of lists of servers as far as they mean the same. */
import { z } from 'zod';
import 'zod-openapi';
import { ENTRY_STATUSES, type EntryStatus } from '../../../registry/entry.ts';
import { flag, limitParameter, optionalText, searchParameter, updatedSinceParameter } from '../v0.1/parameters.ts';

/** The default of ToolHive Registry Server. */
export const DEFAULT_LIMIT = 50;

const statuses = optionalText
  .transform((value) =>
    value
      ?.split(',')
      .map((status) => status.trim().toLowerCase())
      .filter((status) => status !== ''),
  )
  .refine(
    (value) => value === undefined || value.every(isStatus),
    `must be a list of ${ENTRY_STATUSES.join(', ')}, separated by commas`,
  )
  .transform((value) => value as readonly EntryStatus[] | undefined)
  .meta({
    description: 'Only versions with one of these statuses, separated by commas.',
    example: 'active,deprecated',
  });

export const skillListParameters = z.object({
  cursor: optionalText.meta({
    description:
      'The `metadata.nextCursor` of the previous page, unchanged. It contains the filters of the first page, so they can be left out.',
  }),
  limit: limitParameter(DEFAULT_LIMIT),
  search: searchParameter.meta({
    description:
      'Only entries whose name, title, or description contains this text, ignoring case. Entries whose name equals the text come first.',
    example: 'pdf-forms',
  }),
  status: statuses,
  updated_since: updatedSinceParameter,
  all_versions: flag.optional().meta({ description: 'List all versions. Default: the latest version of each.' }),
  include_deleted: flag.optional().meta({
    description: 'Include deleted versions. Implied by `updated_since` and by the status `deleted`.',
  }),
});
export type SkillListParameters = z.output<typeof skillListParameters>;

function isStatus(text: string): boolean {
  return ENTRY_STATUSES.some((status) => status === text);
}
