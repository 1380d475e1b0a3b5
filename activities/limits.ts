/** The limits of a source, and the state that its last fetch left. */
import type { Database } from '../db/connection/database.ts';
import type { SourceRow } from '../db/configuration/sources.ts';
import { forbidden, type OutboundGuard } from '../outbound/guard.ts';
import { definitionDigest } from '../registry/definition-digest.ts';
import { admissionFaults } from '../sources/index.ts';
import type { SourceReader } from '../sources/source-kind.ts';

/** Dependencies of activities that read upstreams. */
export interface UpstreamDependencies {
  readonly database: Database;
  /** The guard for sources created through the API. */
  readonly guard: OutboundGuard;
}

/**
 * The limits of a source; null for a source of the configuration file, which belongs to the operator and has no limits.
 * @throws RollcallError `OutboundForbidden` if the limits forbid the definition itself
 */
export function limitsOf({ origin, definition }: SourceRow, guard: OutboundGuard): OutboundGuard | null {
  if (origin === 'file') return null;
  // The limits may have changed since the source was created.
  const faults = admissionFaults(definition.origin, guard.settings);
  if (faults.length === 0) return guard;
  throw forbidden(faults.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '));
}

/** The state left by the last applied fetch, if it had this definition and the reader recognizes it. */
export function comparableState(
  { definition, fetchState }: Pick<SourceRow, 'definition' | 'fetchState'>,
  { state }: SourceReader,
): object | null {
  const stored = fetchState as { readonly definitionDigest?: unknown } | null;
  if (stored?.definitionDigest !== definitionDigest(definition)) return null;
  return state.safeParse(stored).data ?? null;
}
