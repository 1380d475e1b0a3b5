import { constants } from 'node:os';

/** A shell reports a signal that ended a program as this plus the signal's number. */
const SHELL_SIGNAL_BASE = 128;

/** How a process ended: `exit status 1`, `killed by SIGKILL`. */
export function endingText(status: number | null, signal: NodeJS.Signals | null): string {
  const number = (status ?? 0) - SHELL_SIGNAL_BASE;
  const name = signal ?? Object.entries(constants.signals).find(([, one]) => one === number)?.[0];
  return name === undefined ? `exit status ${status}` : `killed by ${name}`;
}
