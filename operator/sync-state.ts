/** The part of the actors' reports that the status of the resource shows. Pure. */
import type { SourceDescription } from '../workflows/contract/source-actor.ts';
import type { EntryTotals, SyncReport } from '../workflows/contract/syncs.ts';

export interface SourceState {
  readonly name: string;
  /** The field of the resource that defines the source. */
  readonly field: string;
  readonly phase: 'Syncing' | 'Complete' | 'Failed' | 'Pending';
  /** Time of the last attempt (RFC 3339). */
  readonly lastAttempt?: string;
  readonly lastSuccess?: string;
  readonly serverCount?: number;
  /** Whether the source has no entries of any kind. Absent if that isn't known. */
  readonly isEmpty?: boolean;
  readonly consecutiveFailures: number;
  /** The failure of the last sync, if it failed. */
  readonly failure?: NonNullable<SyncReport['failure']>;
  /** Identifies the state of the upstream: a commit, an entity tag, or a digest. */
  readonly revision?: string;
  /** Whether the resource filters the entries. */
  readonly isFiltered: boolean;
}

/**
 * @param source with the number of servers that was known before: only a sync that succeeds counts them
 * @param description undefined if the actor isn't running yet
 */
export function sourceState(
  source: Pick<SourceState, 'name' | 'field' | 'isFiltered' | 'serverCount'>,
  description: SourceDescription | undefined,
): SourceState {
  if (description === undefined) return { ...source, phase: 'Pending', consecutiveFailures: 0 };
  const { recentSyncs, consecutiveFailures, lastSuccessAt, phase } = description;
  const [latest] = recentSyncs;
  const totals = recentSyncs.find((report) => report.totals !== undefined)?.totals;
  const isSyncing = phase === 'syncing' || (latest === undefined && lastSuccessAt === undefined);
  const failure =
    consecutiveFailures > 0 ? recentSyncs.find((report) => report.failure !== undefined)?.failure : undefined;
  const revision = recentSyncs.find((report) => report.upstreamRevision !== undefined)?.upstreamRevision;
  return {
    ...source,
    phase: failure !== undefined ? 'Failed' : isSyncing ? 'Syncing' : 'Complete',
    consecutiveFailures,
    ...(latest !== undefined && { lastAttempt: latest.startedAt }),
    ...(lastSuccessAt !== undefined && { lastSuccess: lastSuccessAt }),
    ...(totals !== undefined && { serverCount: totals.server, isEmpty: isNone(totals) }),
    ...(failure !== undefined && { failure }),
    ...(revision !== undefined && { revision }),
  };
}

function isNone(totals: EntryTotals): boolean {
  return Object.values(totals).every((count) => count === 0);
}

/** Failures that the document causes, and not the access to it. */
const DATA_FAILURES: readonly string[] = ['DocumentInvalid', 'FormatMismatch', 'EmptySnapshot', 'AllEntriesRejected'];

const REMEDIES: Readonly<Record<string, string>> = {
  UpstreamUnavailable: 'Check the URL, the network policies, and the upstream.',
  UpstreamRateLimited: 'Rollcall tries again later.',
  UpstreamNotFound: 'Check the URL, the branch, tag, or commit, and the path.',
  UpstreamDenied: 'Check the credentials, or the permissions of the service account.',
  UpstreamInvalid: 'Check that the URL leads to a registry.',
  DocumentInvalid: 'Repair the registry document.',
  FormatMismatch: 'Set `format` to the format of the document, or remove it.',
  EmptySnapshot: 'The document no longer has entries: repair it, or force a sync.',
  AllEntriesRejected: 'Repair the entries of the document.',
  RemovalGuard: 'Check the document, raise `syncPolicy.maxRemoval`, or force a sync.',
  SecretUnavailable: 'Check the Secret and its key.',
  DatabaseUnavailable: 'Rollcall tries again when Postgres answers.',
};

/** The reason why a condition of the status isn't met. */
export interface StatusFault {
  readonly reason: string;
  readonly message: string;
}

/** The fault of a source whose data is unusable; null if there is none. */
export function dataFault(source: SourceState): StatusFault | null {
  const { failure, isEmpty, isFiltered, phase } = source;
  if (failure !== undefined && DATA_FAILURES.includes(failure.type)) return fault(source, failure);
  if (phase === 'Complete' && isEmpty === true && isFiltered) {
    return {
      reason: 'FilterExcludesAll',
      message: `${source.field}.filter excludes every entry of the source ${source.name}: loosen or remove it.`,
    };
  }
  return null;
}

/** The fault of a source that can't be read. A failure of the database isn't one: it says nothing about the source. */
export function accessFault(source: SourceState): StatusFault | null {
  const { failure } = source;
  if (failure === undefined || failure.type === 'DatabaseUnavailable' || DATA_FAILURES.includes(failure.type))
    return null;
  return fault(source, failure);
}

/** The fault that made the last sync of a source fail, whatever its cause. */
export function syncFault(source: SourceState): StatusFault | null {
  return source.failure === undefined ? null : fault(source, source.failure);
}

function fault({ name, field }: SourceState, { type, message }: NonNullable<SourceState['failure']>): StatusFault {
  const remedy = REMEDIES[type];
  const text = message.replace(/[.\s]*$/, '');
  return { reason: type, message: `${field}: source ${name}: ${text}.${remedy === undefined ? '' : ` ${remedy}`}` };
}
