/** The search parameters of *View as…*. */
import { SKILL_KINDS } from '../../../registry/entry-kind.ts';
import { oneOf, searchOf, text } from '../../client/search.ts';

export const viewAsSearch = searchOf({
  /** The claims as JSON, which the router has already parsed. */
  claims: (written) =>
    typeof written === 'object' && written !== null ? JSON.stringify(written, null, 2) : text(written),
  q: text,
  /** The kind of entry. Default: servers. */
  type: oneOf(SKILL_KINDS),
});
export type ViewAsSearch = ReturnType<typeof viewAsSearch>;
