/** Conditions for what a caller can see. */
import { type FragmentSqlToken, sql } from 'slonik';
import type { EntryKind } from '../../registry/entry-kind.ts';

/** The part of a registry that a caller can see: everything, or the names with certain claims. */
export type Visibility = 'all' | VisibleClaims;

export interface VisibleClaims {
  /** Ids of claim sets. Claim sets that are created later aren't included, so nothing is shown too early. */
  readonly claimSetIds: readonly string[];
  /** Whether names without claims are visible too. */
  readonly includeUntagged: boolean;
}

/** Condition for a row of `server_owner` or of a source, which has its claims in this column. */
export function isVisible(visibility: Visibility, column: FragmentSqlToken): FragmentSqlToken {
  if (visibility === 'all') return sql.fragment`true`;
  const isHeld = sql.fragment`${column} = any(${sql.array([...visibility.claimSetIds], 'int8')})`;
  return visibility.includeUntagged ? sql.fragment`(${column} is null or ${isHeld})` : isHeld;
}

/** Condition for a row of `entry` or `server_owner` of this kind. Skills and plugins are a range of names. */
export function isOfKind(kind: EntryKind, table: FragmentSqlToken): FragmentSqlToken {
  const isKind = sql.fragment`${table}.kind = ${kind}`;
  if (kind === 'server') return isKind;
  return sql.fragment`(${isKind} and ${table}.name >= ${`${kind}:`} and ${table}.name < ${`${kind};`})`;
}

/** Condition for a name of a registry. */
export function isVisibleName(visibility: Visibility): FragmentSqlToken {
  return isVisible(visibility, sql.fragment`server_owner.claim_set_id`);
}
