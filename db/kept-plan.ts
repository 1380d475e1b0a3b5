import { hash } from 'node:crypto';
import type { QuerySqlToken } from 'slonik';

/**
 * The same query as a prepared statement of its connection, which PostgreSQL plans a few times and then no more. Only
 * for queries whose best plan is the same whatever their values are.
 */
export function keepPlan<Query extends QuerySqlToken>(query: Query): Query {
  return { ...query, name: hash('sha1', query.sql) };
}
