/** What people and programs ask of a source: read with suspicion, and folded into one. */
import type { SourceState, SyncRequest, SyncTrigger } from './contract.ts';

export type PendingSync = NonNullable<SourceState['pending']>;

/** Longer texts would only be carried from run to run. */
const MAX_TEXT_LENGTH = 500;

/** Reads the argument of a signal: it may have been typed by hand, so whatever is not understood is left out. */
export function readSyncRequest(value: unknown): SyncRequest {
  if (typeof value !== 'object' || value === null) return {};
  const { requestedBy, reason, force } = value as Record<string, unknown>;
  return {
    ...(typeof requestedBy === 'string' && { requestedBy: requestedBy.slice(0, MAX_TEXT_LENGTH) }),
    ...(typeof reason === 'string' && { reason: reason.slice(0, MAX_TEXT_LENGTH) }),
    ...(force === true && { force }),
  };
}

/** However often a sync is asked for, one answers all: forced if any of them is, in the name of the last who gave one. */
export function mergeRequests(
  earlier: PendingSync | undefined,
  request: SyncRequest,
  trigger: SyncTrigger,
): PendingSync {
  const isSigned = request.requestedBy !== undefined || request.reason !== undefined;
  const { requestedBy, reason } = isSigned ? request : (earlier ?? {});
  return {
    ...(requestedBy !== undefined && { requestedBy }),
    ...(reason !== undefined && { reason }),
    force: (earlier?.force ?? false) || (request.force ?? false),
    // A message says more about why a sync ran than a definition that changed besides.
    trigger: earlier?.trigger === 'message' ? 'message' : trigger,
  };
}
