/** Which limits hold for what an activity is asked to do, by the word of the database. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../db/connection.ts';
import type { SourceRow } from '../db/sources.ts';
import type { OutboundGuard } from '../outbound/guard.ts';
import type { SourceDefinition } from '../registry/source-definition.ts';

/** What activities that speak to upstreams work with. */
export interface UpstreamDependencies {
  readonly database: Database;
  /** For sources that were created through the API. */
  readonly guard: OutboundGuard;
}

/**
 * Null for a source of the configuration file, which is the operator's own and has no limits. A definition that the
 * file does not have (any more) has none to vouch for it, whatever the source is called.
 *
 * @throws RollcallError `OutboundForbidden` where the limits forbid the definition itself
 */
export function limitsOf(source: SourceRow, { origin }: SourceDefinition, guard: OutboundGuard): OutboundGuard | null {
  if (source.origin === 'file' && isDeepStrictEqual(source.definition.origin, origin)) return null;
  guard.admit(origin);
  return guard;
}
