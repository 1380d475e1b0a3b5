/** The state of a source in words. */
import type { SourceHealth } from '../../api/admin/sources.ts';
import { relativeTime } from './time-text.ts';

/** `idle`, `failing since 3 h ago (12 times)`, `overdue`. */
export function stateText({ phase, failures, failingSince, isOverdue }: SourceHealth): string {
  if (phase === 'failing') return `failing, first ${relativeTime(failingSince)} (${failures} times)`;
  return isOverdue ? 'overdue' : phase;
}

/** `in 4 min`, `was due 2 h ago`. Null if only a message starts one. */
export function nextAttemptText({ nextAttempt, isOverdue }: SourceHealth): string | null {
  const when = relativeTime(nextAttempt);
  return isOverdue ? `was due ${when}` : when;
}
