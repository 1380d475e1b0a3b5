import { hash } from 'node:crypto';
import type { QuerySqlToken } from 'slonik';

/**
 * Makes a query a prepared statement, so that PostgreSQL reuses its plan. Only for queries whose best plan doesn't
 * depend on their parameters.
 */
export function keepPlan<Query extends QuerySqlToken>(query: Query): Query {
  return { ...query, name: hash('sha1', query.sql) };
}
