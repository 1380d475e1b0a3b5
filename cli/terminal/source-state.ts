/** The state of a source as text. */
import type { SourceHealth } from '../../api/admin/outputs.ts';
import { countText } from './texts.ts';
import { relativeTime } from './time-text.ts';

/** `idle`, `failing, first 3 h ago (12 failures)`, `overdue`. */
export function stateText({ phase, failures, failingSince, isOverdue }: SourceHealth): string {
  if (phase === 'failing')
    return `failing, first ${relativeTime(failingSince)} (${countText(failures, 'failure', 'failures')})`;
  return isOverdue ? 'overdue' : phase;
}

/** `in 4 min`, `was due 2 h ago`, `now`. Null if only a message starts one. */
export function nextAttemptText({ nextAttempt, isSyncing, isOverdue }: SourceHealth): string | null {
  if (isSyncing && !isOverdue) return 'now';
  const when = relativeTime(nextAttempt);
  return isOverdue ? `was due ${when}` : when;
}
