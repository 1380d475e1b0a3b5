/** Which limits apply to a source. */
import type { Database } from '../db/connection.ts';
import type { SourceRow } from '../db/sources.ts';
import type { OutboundGuard } from '../outbound/guard.ts';

/** What activities that speak to upstreams work with. */
export interface UpstreamDependencies {
  readonly database: Database;
  /** For sources that were created through the API. */
  readonly guard: OutboundGuard;
}

/**
 * Null for a source of the configuration file, which is the operator's own and has no limits.
 *
 * @throws RollcallError `OutboundForbidden` if the limits forbid the definition itself
 */
export function limitsOf({ origin, definition }: SourceRow, guard: OutboundGuard): OutboundGuard | null {
  if (origin === 'file') return null;
  guard.admit(definition.origin);
  return guard;
}
