/** Memory and CPU time of processes, from /proc (Linux only). */
import { readFile, writeFile } from 'node:fs/promises';

const MIB_PER_KIB = 1 / 1024;

/**
 * Peak resident memory in MiB since the process started or since `forgetPeak`. The kernel tracks it, so no peak is missed.
 */
export async function peakResidentMiB(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'utf8');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc/${processId}/status has no VmHWM`);
  return Number(kibibytes) * MIB_PER_KIB;
}

/** Resets the peak to the current value. */
export async function forgetPeak(processId: number): Promise<void> {
  await writeFile(`/proc/${processId}/clear_refs`, '5');
}

export async function childProcesses(processId: number): Promise<number[]> {
  const children = await readFile(`/proc/${processId}/task/${processId}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

export async function commandLine(processId: number): Promise<string[]> {
  return (await readFile(`/proc/${processId}/cmdline`, 'utf8')).split('\0').filter(Boolean);
}

/** CPU time of the process in seconds, user and system. */
export async function processorSeconds(processId: number): Promise<number> {
  const statistics = await readFile(`/proc/${processId}/stat`, 'utf8');
  // Fields 14 and 15. Count after the command name, which is in parentheses and can contain spaces.
  const fields = statistics.slice(statistics.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
