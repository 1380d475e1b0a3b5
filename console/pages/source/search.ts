/** The filters of the sources' pages in the URL. */
import { oneOf, searchOf, text } from '../../client/search.ts';
import { STATES } from './state.ts';

export const sourcesSearch = searchOf({ q: text, state: oneOf(STATES) });
export type SourcesSearch = ReturnType<typeof sourcesSearch>;

export const runSearch = searchOf({ q: text, severity: oneOf(['rejection', 'warning']) });
export type RunSearch = ReturnType<typeof runSearch>;
