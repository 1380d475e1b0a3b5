/** The state of a source as text. */
import type { SourceHealth } from '../../api/admin/outputs.ts';
import { countText } from './texts.ts';
import { relativeTime, timeSince } from './time-text.ts';

/** `idle`, `failing for 3 h (12 failures)`, `overdue`. */
export function stateText({ phase, failures, failingSince, isOverdue }: SourceHealth): string {
  if (phase !== 'failing') return isOverdue ? 'overdue' : phase;
  return `failing for ${timeSince(failingSince)} (${countText(failures, 'failure', 'failures')})`;
}

/** `UpstreamDenied: it rejected the bearer token`. Empty if the source isn't failing. */
export function failureText({ failure }: SourceHealth): string {
  return failure === null ? '' : `${failure.type}: ${failure.message}`;
}

/** `in 4 min`, `was due 2 h ago`, `now`. Null if only a message starts the next attempt. */
export function nextAttemptText({ nextAttempt, isSyncing, isOverdue }: SourceHealth): string | null {
  if (isSyncing && !isOverdue) return 'now';
  const when = relativeTime(nextAttempt);
  return isOverdue ? `was due ${when}` : when;
}
