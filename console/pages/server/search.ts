/** The search parameters of the page of a server. */
import { oneOf, searchOf, text } from '../../client/search.ts';

export const VIEWS = ['overview', 'install', 'versions', 'difference', 'json'] as const;

export const serverSearch = searchOf({
  /** The version. Default: the latest. */
  version: text,
  view: oneOf(VIEWS),
  /** The version that another one is compared with. */
  from: text,
  client: text,
});
export type ServerSearch = ReturnType<typeof serverSearch>;
