/** Why the last sign-in failed, and where the next one returns to. */
import { oneOf, searchOf, text } from '../../client/search.ts';
import { texts } from './texts.ts';

export const signInSearch = searchOf({
  error: oneOf(Object.keys(texts.failures) as (keyof typeof texts.failures)[]),
  return: text,
});
