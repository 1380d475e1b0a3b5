/** Which entries of a source are taken. */
import { compileGlob, globCost, GlobError } from './glob.ts';
import type { SourceFilter } from './source-definition.ts';

type FilterVerdict = 'included' | 'excluded';
export type CompiledFilter = (name: string, tags: readonly string[]) => FilterVerdict;

/**
 * A filter ready for many entries. An entry has to pass both parts, names and tags; in each of them an exclusion wins,
 * and where there is a list of inclusions one of them must be hit, so that a server without tags fails every list of
 * included tags. An empty list is no list.
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

  return (name, tags) => (nameTaken(name) && tagsTaken(tags) ? 'included' : 'excluded');
}

/** Positions of all patterns of a list: each of them may be compared with each character of a name. */
const MAX_COST = 20_000;

/** Whether matching these patterns, which are valid, would take too long. */
export function matchesSlowly(patterns: readonly string[]): boolean {
  const valid = patterns.filter((pattern) => badPattern(pattern) === null);
  return valid.reduce((cost, pattern) => cost + globCost(pattern), 0) > MAX_COST;
}

/** What is wrong with a name pattern of the configuration, or null. The syntax is that of glob.ts. */
export function badPattern(pattern: string): string | null {
  if (pattern === '') {
    return 'the pattern is empty and would match no name';
  }
  try {
    compileGlob(pattern);
    return null;
  } catch (error) {
    if (error instanceof GlobError) {
      return error.message;
    }
    throw error;
  }
}
