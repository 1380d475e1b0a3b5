/** Which entries somebody may see, as queries ask for them. */
import { sql } from 'slonik';
import type { FragmentSqlToken } from 'slonik';

/**
 * What somebody may see of a registry: all of it, or the names that have one of these claim sets. Who may see everything
 * is asked for by no condition at all.
 */
export type Visibility = 'all' | VisibleClaims;

export interface VisibleClaims {
  /** Ids of claim sets. One that comes to be later is not among them, so that nothing is shown too early. */
  readonly claimSetIds: readonly string[];
  /** Whether names without claims are seen too. */
  readonly includeUntagged: boolean;
}

/** That a row with the claims in this column may be seen: of `server_owner`, or of a source. */
export function isVisible(visibility: Visibility, column: FragmentSqlToken): FragmentSqlToken {
  if (visibility === 'all') return sql.fragment`true`;
  const isHeld = sql.fragment`${column} = any(${sql.array([...visibility.claimSetIds], 'int8')})`;
  return visibility.includeUntagged ? sql.fragment`(${column} is null or ${isHeld})` : isHeld;
}

/** That a name of a registry may be seen. */
export function isVisibleName(visibility: Visibility): FragmentSqlToken {
  return isVisible(visibility, sql.fragment`server_owner.claim_set_id`);
}
