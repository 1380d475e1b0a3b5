/** CPU scheduling priority of child processes. */
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** The lowest priority. Next to a busy process it still gets about one percent of a CPU. */
const LAST = constants.priority.PRIORITY_LOW;

/**
 * Gives a process that leads its own session the lowest priority. With Linux autogroups, the priority of a process
 * counts only within its session, so the session's priority is lowered too (sched(7), "The autogroup feature").
 */
export function goLast(processId: number): void {
  setPriority(processId, LAST);
  try {
    writeFileSync(`/proc/${processId}/autogroup`, String(LAST));
  } catch {
    // Other systems don't have this file, and some kernels don't have autogroups.
  }
}
