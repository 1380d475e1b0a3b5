/** Whose view is shown, from the URL. */
import { SKILL_KINDS } from '../../../registry/entry-kind.ts';
import { oneOf, searchOf, text } from '../../client/search.ts';

export const viewAsSearch = searchOf({
  /** JSON. The router has already parsed it. */
  claims: (written) =>
    typeof written === 'object' && written !== null ? JSON.stringify(written, null, 2) : text(written),
  q: text,
  /** Default: servers. */
  type: oneOf(SKILL_KINDS),
});
export type ViewAsSearch = ReturnType<typeof viewAsSearch>;
