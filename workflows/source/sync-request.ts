/** Sync requests of people and programs: untrusted, and combined into one. */
import type { SourceState, SyncRequest } from '../contract/source-actor.ts';
import type { SyncTrigger } from '../contract/syncs.ts';

export type PendingSync = NonNullable<SourceState['pending']>;

/** Longer texts would only be passed from run to run. */
const MAX_TEXT_LENGTH = 500;

/** Reads the argument of a signal. It may be typed by hand, so whatever isn't understood is left out. */
export function readSyncRequest(value: unknown): SyncRequest {
  if (typeof value !== 'object' || value === null) return {};
  const { requestedBy, reason, force } = value as Record<string, unknown>;
  return {
    ...(typeof requestedBy === 'string' && { requestedBy: requestedBy.slice(0, MAX_TEXT_LENGTH) }),
    ...(typeof reason === 'string' && { reason: reason.slice(0, MAX_TEXT_LENGTH) }),
    ...(force === true && { force }),
  };
}

/** One sync answers all requests: forced if any of them is, and attributed to the last named requester. */
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
    // A message says more about why a sync ran than a definition that also changed.
    trigger: earlier?.trigger === 'message' ? 'message' : trigger,
  };
}
