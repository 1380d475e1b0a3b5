/** Queries for texts that contain a term: `name` and `text`, ordered by name. */
import { type FragmentSqlToken, type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';

export interface TextsQuery {
  /** A result of `searchPattern`. */
  readonly pattern: string;
  /** The name to start from. */
  readonly from: string | undefined;
  /** Number of texts to scan first. */
  readonly first: number;
}

/**
 * Size of the sample of first texts. It is small, because PostgreSQL must visit each row until the next vacuum. It
 * isn't a parameter, because a generic plan would look expensive and PostgreSQL would plan the query each time.
 */
const SAMPLED_TEXTS = sql.fragment`100`;

/** Matches among the first texts. Empty if no text of the sample matches, because there would be few. */
export function amongFirstTexts({ pattern, from, first }: TextsQuery): FragmentSqlToken {
  const isFrequent = sql.fragment`
    exists (
      select from (
        select text from searched_text where ${isLater(from)} order by name limit ${SAMPLED_TEXTS}
      ) as sampled_text
      where ${hasTerm(pattern)}
    )`;
  return sql.fragment`
    select name, text from (
      select name, text from searched_text
      where ${isLater(from)} order by name fetch first (case when ${isFrequent} then ${first} else 0 end) rows with ties
    ) as first_text
    where ${hasTerm(pattern)} order by name offset 0`;
}

/** All matching texts, found by the trigram index. */
export function byTrigrams({ pattern, from }: TextsQuery): FragmentSqlToken {
  return sql.fragment`
    select name, text from searched_text where ${hasTerm(pattern)} and ${isLater(from)} order by name offset 0`;
}

/** All matching texts of these names in `server_owner`, starting from whichever the planner considers rarer. */
export function ofNames({ pattern, from }: TextsQuery, names: FragmentSqlToken): FragmentSqlToken {
  return sql.fragment`
    select searched_text.name, text
    from searched_text join server_owner on server_owner.name = searched_text.name
    where text like ${pattern} and ${isLater(from)} and ${names} order by searched_text.name offset 0`;
}

const shownRow = z.object({ areShown: z.boolean() });

/** Estimates from the sample whether at least half of the texts belong to these names in `server_owner`. */
export function mostTextsAreShown(from: TextsQuery['from'], names: FragmentSqlToken): QuerySqlToken<typeof shownRow> {
  return sql.type(shownRow)`
    select exists (
      select from server_owner
      where ${names} and name <= (
        select name from searched_text where ${isLater(from)} order by name limit 1 offset ${SAMPLED_TEXTS}
      )
      order by name offset ${SAMPLED_TEXTS} / 2
    ) as "areShown"`;
}

/** Hides the pattern from the planner, so that the generic plan doesn't look worse than a custom one. */
function hasTerm(pattern: string): FragmentSqlToken {
  return sql.fragment`text like (select ${pattern}::text)`;
}

function isLater(from: string | undefined): FragmentSqlToken {
  return from === undefined ? sql.fragment`true` : sql.fragment`searched_text.name >= ${from}`;
}
