/** The search parameters of the sign-in page: the reason why the last sign-in failed, and the page to return to. */
import { oneOf, searchOf, text } from '../../client/search.ts';
import { texts } from './texts.ts';

export const signInSearch = searchOf({
  error: oneOf(Object.keys(texts.failures) as (keyof typeof texts.failures)[]),
  return: text,
});
