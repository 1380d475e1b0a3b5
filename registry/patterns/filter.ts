/** Filters the entries of a source by name and tags. */
import { servedName } from '../entry-kind.ts';
import { compileGlob, globCost, globFault } from './glob.ts';
import type { SourceFilter } from '../source-definition.ts';

type FilterVerdict = 'included' | 'excluded';
export type CompiledFilter = (name: string, tags: readonly string[]) => FilterVerdict;

/**
 * Compiles a filter, which takes stored names. Patterns match the names that clients know. An entry must pass both
 * parts, names and tags. In each part, exclusions take precedence over inclusions. A non-empty list of inclusions
 * requires a match, so servers without tags never match included tags. Empty lists have no effect.
 *
 * @throws GlobError for a pattern that `badPattern` refuses
 */
export function compileFilter(filter: SourceFilter | undefined): CompiledFilter {
  const includedNames = (filter?.names?.include ?? []).map(compileGlob);
  const excludedNames = (filter?.names?.exclude ?? []).map(compileGlob);
  const includedTags = new Set(filter?.tags?.include);
  const excludedTags = new Set(filter?.tags?.exclude);

  const nameTaken = (name: string): boolean =>
    !excludedNames.some((matches) => matches(name)) &&
    (includedNames.length === 0 || includedNames.some((matches) => matches(name)));
  const tagsTaken = (tags: readonly string[]): boolean =>
    !tags.some((tag) => excludedTags.has(tag)) &&
    (includedTags.size === 0 || tags.some((tag) => includedTags.has(tag)));

  return (name, tags) => (nameTaken(servedName(name)) && tagsTaken(tags) ? 'included' : 'excluded');
}

/** Maximum total positions of a list of patterns. Each position may be compared with each character of a name. */
const MAX_COST = 20_000;

/** Whether matching these valid patterns would take too long. */
export function matchesSlowly(patterns: readonly string[]): boolean {
  const valid = patterns.filter((pattern) => badPattern(pattern) === null);
  return valid.reduce((cost, pattern) => cost + globCost(pattern), 0) > MAX_COST;
}

/** Returns the fault of a name pattern (glob.ts), or null. */
export function badPattern(pattern: string): string | null {
  if (pattern === '') {
    return 'the pattern is empty and matches no name';
  }
  return globFault(() => compileGlob(pattern));
}
