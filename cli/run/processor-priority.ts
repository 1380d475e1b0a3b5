/** Which process goes last where several want the processor. */
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** The last there is. It still runs: beside one that never rests, with about a hundredth of the processor. */
const LAST = constants.priority.PRIORITY_LOW;

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
