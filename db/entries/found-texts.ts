/** Queries for texts that contain a term: `name` and `text`, ordered by name. */
import { type FragmentSqlToken, sql } from 'slonik';
import { hasTrigram } from './search-text.ts';

export interface TextsQuery {
  /** A result of `searchPattern`. */
  readonly pattern: string;
  /** The name to start from. */
  readonly from: string | undefined;
  /** Number of entries to find. */
  readonly limit: number;
}

/**
 * Size of the sample of first texts, and how many of them contain a frequent term. The sample is small, because PostgreSQL
 * must visit each row until the next vacuum. Neither is a parameter, because a generic plan would look expensive and
 * PostgreSQL would plan the query each time.
 */
const SAMPLED_TEXTS = sql.fragment`100`;
const FREQUENT_MATCHES = sql.fragment`3`;

/** Texts to scan per entry, so that a term that 3 % of the texts contain fills the page. */
const SCANNED_TEXTS = 40;
/** Matches to look up per entry at most. Those of older versions, or that the caller can't see, don't fill the page. */
const SCANNED_MATCHES = 4;

/** Whether to scan the first texts: the term is frequent among them, or the trigram index can't find it. */
export function isScannedFor({ pattern, from }: TextsQuery): FragmentSqlToken {
  return sql.fragment`
    ${!hasTrigram(pattern)} or exists (
      select from (
        select text from searched_text where ${isLater(from)} order by name limit ${SAMPLED_TEXTS}
      ) as sampled_text
      where ${hasTerm(pattern)} offset ${FREQUENT_MATCHES} - 1
    )`;
}

/**
 * If the condition is true, matches among the first texts. Otherwise all matches, found by the trigram index. PostgreSQL
 * carries out only one of the two, because the condition depends on no row.
 */
export function scannedOrByTrigrams(
  { pattern, from, limit }: TextsQuery,
  isScanned: FragmentSqlToken,
): FragmentSqlToken {
  return sql.fragment`
    select * from (
      select name, text from (
        select name, text from searched_text where ${isScanned} and ${isLater(from)}
        order by name fetch first ${SCANNED_TEXTS * limit} rows with ties
      ) as first_text
      where ${hasTerm(pattern)} order by name fetch first ${SCANNED_MATCHES * limit} rows with ties
    ) as scanned_text
    union all
    select * from (
      select name, text from searched_text
      where not ${isScanned} and ${hasTerm(pattern)} and ${isLater(from)} order by name offset 0
    ) as indexed_text`;
}

/** Whether a scan finds all matches: it comes to the end of the texts, and has room for more matches. */
export function isScanComplete({ pattern, from, limit }: TextsQuery): FragmentSqlToken {
  return sql.fragment`(
    select count(*) < ${SCANNED_TEXTS * limit} and count(*) filter (where ${hasTerm(pattern)}) < ${SCANNED_MATCHES * limit}
    from (
      select text from searched_text where ${isLater(from)} order by name limit (select ${SCANNED_TEXTS * limit}::int)
    ) as scanned_text
  )`;
}

/** All matching texts of these names in `server_owner`, starting from whichever the planner considers rarer. */
export function ofNames({ pattern, from }: TextsQuery, names: FragmentSqlToken): FragmentSqlToken {
  return sql.fragment`
    select searched_text.name, text
    from searched_text join server_owner on server_owner.name = searched_text.name
    where text like ${pattern} and ${isLater(from)} and ${names} order by searched_text.name offset 0`;
}

/** Hides the pattern from the planner, so that the generic plan doesn't look worse than a custom one. */
function hasTerm(pattern: string): FragmentSqlToken {
  return sql.fragment`text like (select ${pattern}::text)`;
}

function isLater(from: string | undefined): FragmentSqlToken {
  return from === undefined ? sql.fragment`true` : sql.fragment`searched_text.name >= ${from}`;
}
