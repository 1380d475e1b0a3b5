/** What is shown of a server, from the URL of its page. */
import { oneOf, searchOf, text } from '../../client/search.ts';

export const VIEWS = ['overview', 'install', 'versions', 'difference', 'json'] as const;

export const serverSearch = searchOf({
  /** Default: the latest. */
  version: text,
  view: oneOf(VIEWS),
  /** The version that another one is compared with. */
  from: text,
  client: text,
});
export type ServerSearch = ReturnType<typeof serverSearch>;
