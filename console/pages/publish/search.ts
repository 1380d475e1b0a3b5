/** The search parameters of the publishing page. */
import { SKILL_KINDS } from '../../../registry/entry-kind.ts';
import { oneOf, searchOf, text } from '../../client/search.ts';

export const publishSearch = searchOf({
  tab: oneOf(['manage']),
  registry: text,
  /** The kind of entry. Default: servers. */
  type: oneOf(SKILL_KINDS),
  /** The name of a server, skill, or plugin. */
  name: text,
});
export type PublishSearch = ReturnType<typeof publishSearch>;
