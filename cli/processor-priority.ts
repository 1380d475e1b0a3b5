/** Which process goes last where several want the processor. */
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Still a tenth of a processor that others would take as a whole. */
const LAST = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Lets everything else go before a process that leads a session of its own. Where Linux groups what it schedules by
 * sessions, the priority of a process counts only within its session, and the session has one too (sched(7), "The
 * autogroup feature").
 */
export function goLast(processId: number): void {
  setPriority(processId, LAST);
  try {
    writeFileSync(`/proc/${processId}/autogroup`, String(LAST));
  } catch {
    // Other systems have no such file, and some kernels no such groups.
  }
}
