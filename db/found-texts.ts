/** Ways to the texts that have a term: `name` and `text`, in the order of the names. */
import { sql } from 'slonik';
import type { FragmentSqlToken, QuerySqlToken } from 'slonik';
import { z } from 'zod';

export interface TextsQuery {
  /** As `searchPattern` makes it. */
  readonly pattern: string;
  /** The name from which to look on. */
  readonly from: string | undefined;
  /** How many texts are the first ones. */
  readonly first: number;
}

/**
 * How many of the first texts tell what the others are like: enough, and few, for PostgreSQL looks at the row of each
 * until a vacuum has come by. No parameter, since a plan for any number would seem dear, and another one be made each time.
 */
const SAMPLED_TEXTS = sql.fragment`100`;

/** Those of the first texts that have the term; none where no sampled one has it, since there would be few. */
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

/** All texts that have the term, however many they are. */
export function byTrigrams({ pattern, from }: TextsQuery): FragmentSqlToken {
  return sql.fragment`
    select name, text from searched_text where ${hasTerm(pattern)} and ${isLater(from)} order by name offset 0`;
}

/** All texts with the term of those names of `server_owner`, by whichever of the two the planner takes for rarer. */
export function ofNames({ pattern, from }: TextsQuery, names: FragmentSqlToken): FragmentSqlToken {
  return sql.fragment`
    select searched_text.name, text
    from searched_text join server_owner on server_owner.name = searched_text.name
    where text like ${pattern} and ${isLater(from)} and ${names} order by searched_text.name offset 0`;
}

const shownRow = z.object({ areShown: z.boolean() });

/** Whether half of the texts or more are of those names of `server_owner`, going by the sampled ones. */
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

/** The pattern is hidden from the planner: a plan that is kept for all terms must not seem worse than one for this term. */
function hasTerm(pattern: string): FragmentSqlToken {
  return sql.fragment`text like (select ${pattern}::text)`;
}

function isLater(from: string | undefined): FragmentSqlToken {
  return from === undefined ? sql.fragment`true` : sql.fragment`searched_text.name >= ${from}`;
}
